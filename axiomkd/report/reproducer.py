"""A refutation as a shell command: a few lines of Python that load the operator and show what the witness shows.

It writes text only; it loads and calls nothing itself, and knows no verdict beyond what its witness looks like.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

from axiomkd import axioms
from axiomkd.core.reading import Growth, Jump, Limit, Pointwise
from axiomkd.core.report import OperatorModel, ReadingModel, WitnessModel
from axiomkd.report.bars import beside, value

# Enough for points 2^-400 apart whose moves are of second order.
BITS = 2048
WRITTEN, REPEATED = 8, 3  # numbers of a list that are all written out, and of a run within a longer one


def snippet(operator: OperatorModel, reading: ReadingModel, *, softener: str = "power") -> str | None:
    """A command to paste into a shell, or None where the reading has no witness."""
    witness = reading.witness
    if witness is None or not witness.P or reading.reading not in axioms.BY_NAME:
        return None
    head, body = _parts(reading, witness)
    load = [f"op = load({_quoted(operator.target)})[0]"]
    if not reading.verdict == "error":
        load.append(f'A = Evaluator(op, softener("{softener}"), K={witness.K}, C={witness.C})')
    lines = [*_imports(head, reading.verdict == "error"), "", "prepare()", *load, *body]
    return "\n".join(["python - <<'EOF'", *lines, "EOF"])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _imports(more: Sequence[str], error: bool) -> list[str]:
    lines = ["from axiomkd.operators.loading import load", "from axiomkd.tracing.numerics import prepare", *more]
    if not error:
        lines += ["from axiomkd.core.softener import softener", "from axiomkd.operators.evaluate import Evaluator"]
    return ["from fractions import Fraction as F", "import numpy as np", *sorted(lines)]


def _parts(reading: ReadingModel, witness: WitnessModel) -> tuple[list[str], list[str]]:
    """The imports beyond the usual ones, and the lines after loading."""
    claim = axioms.BY_NAME[reading.reading].claim
    if reading.verdict == "error":
        return [], _call(witness)
    if reading.verdict == "fragile" and isinstance(claim, Pointwise) and len(claim.probes) > 1:
        return _BREAKS_ELSEWHERE_IMPORTS, _breaks_elsewhere(witness, claim.probes)
    if reading.verdict == "fragile" or witness.value and witness.value[0][0] == "nan":
        return _BREAKS_IMPORTS, _breaks(witness)
    match claim:
        case Jump() | Growth() | Limit():
            return _LOOK_IMPORTS, _looks(witness, claim)
        case Pointwise():
            return _pointwise(reading.reading, witness, claim)


# --- numbers ---------------------------------------------------------------------------------------------------------


def literal(text: str) -> str:
    """A witness's number as Python: a Fraction, a whole number, or the float that a hexadecimal string names."""
    number = value(text)
    if not isinstance(number, Fraction):
        return f'float("{text}")'
    if "x" in text:
        return repr(float.fromhex(text))
    if number.denominator == 1:
        return str(number)
    plain, side = beside(number)
    if not side:
        return _fraction(number)
    return f"{_fraction(plain)} {side} {_fraction(abs(number - plain))}"


def _fraction(number: Fraction) -> str:
    """F(n, d), with a long power of two of the denominator written as one."""
    if number.denominator == 1:
        return str(number.numerator)
    twos = (number.denominator & -number.denominator).bit_length() - 1
    if twos <= 60:
        return f"F({number.numerator}, {number.denominator})"
    odd = number.denominator >> twos
    return f"F({number.numerator}, {'' if odd == 1 else f'{odd} * '}2**{twos})"


def _row(numbers: Sequence[str]) -> str:
    return _list([literal(one) for one in numbers])


def _rows(matrix: Sequence[Sequence[str]]) -> str:
    return _list([_row(one) for one in matrix])


def _list(parts: Sequence[str]) -> str:
    """A Python list of these parts; in a long one, what stands there many times in a row is written once."""
    if len(parts) <= WRITTEN:
        return f"[{', '.join(parts)}]"
    runs = [(part, len(list(same))) for part, same in groupby(parts)]
    if len(runs) == 1:
        return f"[{parts[0]}] * {len(parts)}"
    told = (f"*[{part}] * {n}" if n > REPEATED else ", ".join([part] * n) for part, n in runs)
    return f"[{', '.join(told)}]"


def _point(witness: WitnessModel) -> list[str]:
    return [f"P = np.array({_rows(witness.P)}, float)", f"w = np.array({_row(witness.w)}, float)"]


# --- misbehaviour ----------------------------------------------------------------------------------------------------


def _call(witness: WitnessModel) -> list[str]:
    """The call that went wrong, twice: an operator may raise, return what it should not, or change its mind."""
    T = "" if not witness.T else f", T={literal(witness.T[0])}"
    return [
        *_point(witness),
        'given = np.log(P) if op.inputs == "logits" else P',
        f"print(op.fn(given.copy(), w.copy(){T}))",
        f"print(op.fn(given, w{T}), '(a second call)')",
        "print('P and w afterwards:', given.tolist(), w.tolist())",
    ]


# --- floats that break -----------------------------------------------------------------------------------------------

_BREAKS_IMPORTS = [
    "from axiomkd.tracing.exact import object_array",
    "from axiomkd.tracing.numbers import ONE, to_float",
]
_BREAKS_ELSEWHERE_IMPORTS = [
    "from axiomkd.tracing.exact import object_array",
    "from axiomkd.tracing.numbers import to_float",
    "from axiomkd.claims.nearby import Look, soft_batch",
    "from axiomkd.claims.places import Point",
]


def _breaks(witness: WitnessModel) -> list[str]:
    """What float64 gives at the point, and what exact arithmetic does."""
    return [
        f"P = {_rows(witness.P)}",
        f"w = {_row(witness.w)}",
        "T = 1.0 if op.takes_temperature else None",
        'print("float64", A.batch(np.array([P], float), np.array([w], float), T)[0].tolist())',
        "if A.exactly:",
        "    q = A.exact(object_array(P), object_array(w), T and ONE, bits=1024)",
        '    print("exact  ", [to_float(x) for x in q])',
    ]


def _breaks_elsewhere(witness: WitnessModel, probes: Sequence[str]) -> list[str]:
    """The same at every point that the claim looks at: floats may break at only one of them."""
    k, t, T = witness.teacher or 0, (witness.t or ["1"])[-1], witness.T or ["1"]
    points = {
        "q": ("as given", "P, w, 1"),
        "q_same": (f"all as teacher {k}", "[P[k]] * len(P), w, 1"),
        "q_tilted": (f"t = {t}", "P, tilted(t), 1"),
        "q_vertex": (f"all on teacher {k}", "P, tilted(1), 1"),
        "q_cold": (f"T = {T[0]}", f"P, w, {literal(T[0])}"),
        "q_warm": (f"T = {T[-1]}", f"P, w, {literal(T[-1])}"),
    }
    return [
        f"P = {_rows(witness.P)}",
        f"w = {_row(witness.w)}",
        f"k, t = {k}, {literal(t)}",
        "tilted = lambda t: [(1 - t) * x + t * (j == k) for j, x in enumerate(w)]",
        "points = {",
        *(f'    "{points[name][0]}": ({points[name][1]}),' for name in probes if name in points),
        "}",
        "for name, (p, v, T) in points.items():",
        "    q = soft_batch(A, np.array([p], float), np.array([v], float), np.array([T], float))[0]",
        '    print(f"{name}: float64", q.tolist())',
        "    if A.exactly:",
        "        q = Look(A, softened=True).at(Point(object_array(p), object_array(v), object_array(T)[()]), 1024)",
        '        print(f"{name}: exact  ", [to_float(x) for x in q])',
    ]


# --- two points, and limits ------------------------------------------------------------------------------------------

_LOOK_IMPORTS = [
    "from axiomkd.tracing.exact import object_array",
    "from axiomkd.tracing.numbers import to_float",
    "from axiomkd.claims.nearby import Look, gap",
    "from axiomkd.claims.places import Point",
]


def _looks(witness: WitnessModel, claim: Jump | Growth | Limit) -> list[str]:
    """A at one or two exact points: they may be closer than doubles can tell apart."""
    softened, T = isinstance(claim, Limit), witness.T or []
    points = [(witness.P, witness.w, T[0] if T else "1")]
    if len(witness.value) > 1:
        points.append((witness.P2 or witness.P, witness.w2 or witness.w, T[-1] if T else "1"))
    lines = [_CLOSE] if len(points) > 1 and witness.confirmed != "float64" else []
    lines.append("look = Look(A, softened=True)" if softened else "look = Look(A)")
    for name, (P, w, at) in zip("xy", points, strict=False):
        third = f", object_array({literal(at)})[()]" if softened else ""
        lines.append(f"{name} = Point(object_array({_rows(P)}), object_array({_row(w)}){third})")
    return [*lines, *(_BETWEEN if len(points) > 1 else _UNIFORM), *(_QUOTIENT if isinstance(claim, Growth) else [])]


_CLOSE = "# The two points are closer than float64 can tell apart, so the operator is evaluated exactly."
_BETWEEN = [
    f"a, b = look.at(x, {BITS}), look.at(y, {BITS})",
    'print("first point ", [to_float(v) for v in a])',
    'print("second point", [to_float(v) for v in b])',
    f"difference = gap(a, b, {BITS})[0]",
    'print("sum of absolute differences", float(difference))',
]
_QUOTIENT = [
    f"distance = gap(x.P.ravel(), y.P.ravel(), {BITS})[0] + gap(x.w, y.w, {BITS})[0]",
    'print("distance of the points", float(distance), " quotient", float(difference / distance))',
]
_UNIFORM = [
    f"q = look.at(x, {BITS})",
    'print("aggregate", [to_float(v) for v in q])',
    'print("TV to the uniform distribution", sum(abs(to_float(v) - 1 / len(q)) for v in q) / 2)',
]


# --- pointwise claims ------------------------------------------------------------------------------------------------

_TV = "TV = lambda a, b: abs(a - b).sum(-1) / 2"


def _pointwise(name: str, witness: WitnessModel, claim: Pointwise) -> tuple[list[str], list[str]]:
    imports = ["from axiomkd.claims.nearby import plain_batch"]
    if witness.T == ["1"]:
        return [], [*_point(witness), *_DEFAULT]
    lines = _point(witness)
    if witness.t is not None:
        lines += _tilted(witness)
    elif witness.T is not None:
        imports = ["from axiomkd.claims.nearby import soft_batch"]
        imports += ["from axiomkd.core.arithmetic import NUMPY"] if name in ("nonexpansive", "commutation") else []
        lines += _softened(name, witness)
    else:
        lines += ["q = plain_batch(A, P, w)", 'print("aggregate", q.tolist())']
    return imports, [*lines, *_compared(name, witness)]


_DEFAULT = [
    'print("T = 1     ", A.batch(P[None], w[None], 1.0)[0].tolist())',
    'print("T left out", A.batch(P[None], w[None])[0].tolist())',
]


def _tilted(witness: WitnessModel) -> list[str]:
    """The aggregate before and after teacher k gains weight, or with all the weight on it."""
    lines = [f"k, e = {witness.teacher}, np.eye({witness.K})[{witness.teacher}]"]
    if witness.t == ["1"]:
        # An operator declared for the interior never gets a vertex: nearly all the weight stands for all of it.
        interior = all(value(w) > 0 for w in witness.w)
        alone = f"(1 - 1e-9) * e + 1e-9 / {witness.K}" if interior else "e"
        return [*lines, f"q = plain_batch(A, P, {alone})", 'print("aggregate", q.tolist())']
    return [
        *lines,
        f"t = float({literal((witness.t or ['1'])[-1])})",
        "q, q_t = plain_batch(A, P, w), plain_batch(A, P, (1 - t) * w + t * e)",
        'print("aggregate, t = 0:", q.tolist())',
        'print(f"aggregate, t = {t}:", q_t.tolist())',
    ]


def _softened(name: str, witness: WitnessModel) -> list[str]:
    """The aggregate at both temperatures that the claim compares."""
    first, last = (witness.T or ["1"])[0], (witness.T or ["1"])[-1]
    first = "1" if name in ("ranking", "commutation") else first
    return [
        f"T1, T = np.array([{literal(first)}], float), np.array([{literal(last)}], float)",
        "q1, q = (soft_batch(A, P[None], w[None], x)[0] for x in (T1, T))",
        'print("aggregate, T =", T1[0], q1.tolist())',
        'print("aggregate, T =", T[0], q.tolist())',
    ]


def _compared(name: str, witness: WitnessModel) -> list[str]:
    """The quantities that the claim compares."""
    if witness.t == ["1"]:
        return [_TV, 'print("distance to teacher", k, TV(q, P[k]))']
    i = witness.cls if isinstance(witness.cls, int) else None
    match name:
        case "simplex" | "nonnegative":
            return ['print("sum", q.sum(), "smallest", q.min())']
        case "unanimity":
            return ['print("teacher 0", P[0].tolist(), "sum", q.sum())']
        case "envelope":
            return [
                'print("lowest   ", P.min(0).tolist())',
                'print("highest  ", P.max(0).tolist())',
                'print("sum", q.sum())',
            ]
        case "hull":
            d = f"d = np.array({_row(witness.direction or [])}, float)"
            return [d, 'print("d.q =", d @ q, " largest d.p =", (P @ d).max())']
        case "pull" | "responsive":
            return [_TV, 'print("distance to teacher", k, "before", TV(q, P[k]), "after", TV(q_t, P[k]))']
        case "coordinate":
            return [f'print("distance in class {i}: before", abs(q - P[k])[{i}], "after", abs(q_t - P[k])[{i}])']
        case "favourite":
            return [f'print("class {i}: before", q[{i}], "after", q_t[{i}])']
        case "nonexpansive":
            soften = "drift = TV(*(A.softener.rows(NUMPY, P, np.full((1, 1), x)) for x in (T1[0], T[0])))"
            return [_TV, soften, 'print("the aggregate moves by", TV(q1, q), " the teachers by at most", drift.max())']
        case "entropy":
            return ["H = lambda q: -np.sum(q * np.log(np.where(q > 0, q, 1)))", 'print("entropy", H(q1), "and", H(q))']
        case "ranking" if isinstance(witness.cls, list):
            return [f'print("classes {witness.cls}:", q1[{witness.cls}].tolist(), "and", q[{witness.cls}].tolist())']
        case "commutation":
            return ['print("softened after pooling", A.softener.rows(NUMPY, q1, T[0]).tolist())']
    return []
