"""Derivations by SymPy, worked out again: each region, each margin on it, and why its numerator is nowhere below 0.

The regions must cover the domain, and each split its region. Nothing of a derivation is believed: a margin is computed from the
operator's trace in SymPy's field of rational functions, and must be the quotient that the derivation gives.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd import axioms
from axiomkd.core.reading import Pointwise, Reading, View
from axiomkd.tracing import numbers
from axiomkd.tracing.arithmetic import EXACT, unwrap, wrap
from axiomkd.tracing.numbers import ONE, ZERO, Number, Undecided
from axiomkd.tracing.walk import Unsupported
from axiomkd.verify import slopes
from axiomkd.verify.line import Failed
from axiomkd.verify.ratios import Field, Open
from axiomkd.verify.subject import Size, Subject
from axiomkd.verify.view import Undefined

LAYER = "derivation worked out again by SymPy"
PROBES = {"q", "q_same", "q_tilted", "q_vertex", "q_warm", "q_cold"}
FACTOR = re.compile(r"([a-z]+\d*)(?:\^(\d+))?")
Poly = Mapping[tuple[tuple[str, int], ...], int]


def check(subject: Subject, reading: str, certificate: dict) -> tuple[str, ...]:
    """The layer that a derivation leans on. Raises Failed."""
    one, listed = axioms.BY_NAME[reading], certificate.get("derivations")
    if not isinstance(listed, list) or not listed or not isinstance(one.claim, Pointwise):
        raise Failed("the certificate has no derivations, or its reading is no claim about finitely many values")
    if one.claim.adversary is not None or set(one.claim.probes) - PROBES or one.claim.drawn or one.claim.ties:
        raise Failed(
            f"{reading} is no claim about points, weights and temperatures alone, of which a derivation speaks"
        )
    for derivation in listed:
        _derivation(subject, one, derivation)
    return (LAYER,)


def _derivation(subject: Subject, reading: Reading, derivation: dict) -> None:
    if derivation.get("claim") != reading.name:
        raise Failed(f"a derivation of the certificate is of {derivation.get('claim')!r}, not of {reading.name}")
    K, C = (int(n) for n in derivation["size"])
    if not subject.operator.supports(K, C):
        raise Failed(f"a derivation is at (K, C) = ({K}, {C}), which the operator does not support")
    wanted = _starts(subject, reading, (K, C))
    said = [case["start"] for case in derivation["cases"]]
    if said != wanted:
        raise Failed(f"the regions that a derivation at ({K}, {C}) starts with are not those that cover the domain")
    shown = sum(
        _Region(subject, reading, case["start"], (K, C)).check(case["node"], *_letters(case["start"]), (), ())
        for case in derivation["cases"]
    )
    if not shown:
        raise Failed("the derivation shows nothing")


def _starts(subject: Subject, reading: Reading, size: Size) -> list[dict[str, Any]]:
    """Where rows and weights are not 0, for every teacher that the claim may be on; t below 1, and t = 1."""
    claim, (K, C) = reading.claim, size
    assert isinstance(claim, Pointwise)
    probes, inside = set(claim.probes), subject.operator.domain == "interior"
    if inside and "q_vertex" in probes:
        raise Failed("all the weight on one teacher is a limit for an operator declared for the interior")
    warm = bool(probes & {"q_warm", "q_cold"})
    soft = subject.evaluator.softener
    if warm and ("rational" not in soft.facts or soft.lowest < 1 or subject.operator.takes_temperature):
        raise Failed(f"a derivation has no expression of the softener {subject.softener}")
    of_rows = _supports(C) if reading.domain == "closed" and not inside else _supports(C)[:1]
    of_weights = _supports(K) if reading.domain != "interior" and not inside else _supports(K)[:1]
    teachers = range(K if claim.of_one_teacher or "q_vertex" in probes else 1)
    tilts = ("s",) if inside else ("s", "1")
    return [
        {
            "P": [_row(f"x{j}", one) for j, one in enumerate(rows)],
            "w": _row("v", weights),
            "t": t,
            "T": "1 + u" if warm else "1",
            "k": k,
        }
        for rows, weights, k in itertools.product(itertools.product(of_rows, repeat=K), of_weights, teachers)
        for t in (tilts if "q_tilted" in probes else ("0",))
    ]


def _supports(n: int) -> list[tuple[int, ...]]:
    return [one for one in itertools.product((1, 0), repeat=n) if any(one)]


def _row(name: str, support: Sequence[int]) -> list[str]:
    last = len(support) - 1 - list(support)[::-1].index(1)
    return ["0" if not here else "1" if i == last else f"{name}{i}" for i, here in enumerate(support)]


def _letters(start: dict) -> tuple[tuple[str, ...], tuple[str, ...]]:
    strict = tuple(x for row in (*start["P"], start["w"]) for x in row if x not in ("0", "1"))
    return strict, (*(("s",) if start["t"] == "s" else ()), *(("u",) if start["T"] != "1" else ()))


@dataclass(frozen=True)
class _Region:
    """A start of a derivation. `check` goes down its tree."""

    subject: Subject
    reading: Reading
    start: dict
    size: Size

    def check(self, node: dict, strict: tuple, weak: tuple, steps: tuple, known: tuple) -> int:
        """How many margins are shown below a node, all of which stand. Raises Failed."""
        if "sides" in node:
            return self._sides(node, strict, weak, steps, known)
        field = Field(strict, weak, known)
        try:
            margins = self._margins(field, steps)
        except Undefined:
            margins = None
        except (Open, Undecided, Unsupported) as e:
            raise Failed(f"a derivation at {list(self.size)} leaves something open that it should decide: {e}") from e
        if (margins is None) != (node.get("undefined") is True):
            raise Failed(f"a derivation at {list(self.size)} is wrong about where the aggregate is defined")
        if margins is None:
            return 0
        said = node["margins"]
        if [one["part"] for one in said] != list(margins):
            raise Failed(f"a derivation at {list(self.size)} shows other parts than {', '.join(margins)}")
        for one in said:
            _shown(field, one, margins[one["part"]], self.size)
        return len(said)

    def _sides(self, node: dict, strict: tuple, weak: tuple, steps: tuple, known: tuple) -> int:
        f, loose, sides, new = polynomial(node["split"]), bool(node["loose"]), node["sides"], f"d{len(steps)}"
        if not {x for m in f for x, _ in m} <= {*strict, *weak, *(f"a{n}" for n in range(10))}:
            raise Failed(f"a split of a derivation, {node['split']}, has letters that are not there")
        alone = next((x for x in weak if f == {((x, 1),): 1}), None)
        wanted = "+0" if alone is not None else "+-" if loose else "+0-"
        if set(sides) != set(wanted):
            raise Failed(f"a split of a derivation has the sides {', '.join(sides)}, expected {', '.join(wanted)}")
        count = 0
        for side, part in sides.items():
            letter = part["solved"]
            if letter is None:
                sign = {"+": 2, "0": 0, "-": -2}[side]
                further = (*known, (f, sign // 2 if loose else sign))
                count += self.check(part["node"], strict, weak, steps, further)
                continue
            if alone is not None:
                if letter != alone:
                    raise Failed(f"a split of a derivation on the sign of {alone} solves for {letter}")
                step = (letter, {(): 1}, {}, side, new)
            else:
                step = (letter, *_solved(f, side, letter, strict, weak), new)
            own, free = (tuple(x for x in names if x != letter) for names in (strict, weak))
            if side != "0":
                own, free = (own, (*free, new)) if loose and alone is None else ((*own, new), free)
            count += self.check(part["node"], own, free, (*steps, step), ())
        return count

    # ---- the claim

    def _margins(self, field: Field, steps: tuple) -> dict[str, Number]:
        claim, operator, evaluator = self.reading.claim, self.subject.operator, self.subject.evaluator
        assert isinstance(claim, Pointwise)
        v, probes = _view(field, self.start, steps, self.size), set(claim.probes)
        now = wrap(_single(ONE)) if operator.takes_temperature else None

        def A(P: Any, w: Any) -> np.ndarray:
            q = evaluator.exact(unwrap(P), unwrap(w), None if now is None else unwrap(now)[()])
            if any(numbers.is_special(x) for x in q):
                raise Undefined
            return wrap(q)

        soften = evaluator.softener.rows
        v.soften = lambda m, q, T: soften(m, q, T[..., None])
        if probes & {"q_warm", "q_cold"}:
            v.P_warm, v.P_cold = soften(EXACT, v.P, v.T[..., None, None]), v.P
        v.q = A(v.P, v.w)
        v.w_k = EXACT.sum(v.w * v.corner, -1)
        v.q_same = A(v.P * 0 + v.p[None, :], v.w) if "q_same" in probes else None
        v.q_tilted = A(v.P, v.w + v.t * (v.corner - v.w)) if "q_tilted" in probes else None
        v.q_vertex = A(v.P, v.corner) if "q_vertex" in probes else None
        v.q_warm = A(v.P_warm, v.w) if probes & {"q_warm", "q_cold"} else None
        v.q_cold = v.q
        out = {}
        for label, part in claim.parts(EXACT, v).items():
            for at, x in np.ndenumerate(np.asarray(part, dtype=object)):
                out[label + "".join(f"[{i}]" for i in at)] = x.x if hasattr(x, "x") else numbers.number(x)
        return out


def _solved(f: Poly, side: str, letter: str, strict: Sequence[str], weak: Sequence[str]) -> tuple[Poly, Poly, str]:
    """a > 0 and b ≥ 0, free of the letter x, with f = ±(a·x − b), and what x is then: (b + d)/a, b/a, or b/(a·(1 + d)).

    The last misses x = 0, and needs b > 0. Raises Failed.
    """
    alone: dict = {}
    rest: dict = {}
    for m, c in f.items():
        powers, by = dict(m), -c if side == "-" else c
        if powers.pop(letter, 0) == 0:
            rest[m] = -by
        else:
            alone[tuple(sorted(powers.items()))] = by
            if dict(m)[letter] != 1:
                raise Failed(f"a derivation solves for {letter}, which is not linear there")
    how = "0" if side == "0" else "+"
    if any(c < 0 for c in alone.values()):
        how, alone, rest = (
            "0" if side == "0" else "-",
            {m: -c for m, c in alone.items()},
            {m: -c for m, c in rest.items()},
        )

    def sure(g: Poly) -> bool:
        return any(all(x in strict for x, _ in m) for m in g)

    signs = all(c > 0 for c in (*alone.values(), *rest.values())) and bool(rest) and sure(alone)
    if not signs or letter not in (*strict, *weak) or (how == "-" and (letter not in strict or not sure(rest))):
        raise Failed(f"a derivation solves for {letter} what does not show its sign there")
    if any(re.fullmatch(r"a\d+", x) for m in f for x, _ in m):
        raise Failed(f"a derivation solves for {letter} beside an exponential, a logarithm or a power")
    return alone, rest, how


def _view(field: Field, start: dict, steps: tuple, size: Size) -> View:
    now: dict[str, Number] = {"0": ZERO, "1": ONE}
    now |= {x: field.letter(x) for x in (*sorted(field.strict), *sorted(field.weak))}
    for letter, above, below, side, new in reversed(steps):
        extra, a, b = now.get(new, ZERO), _put(above, now), _put(below, now)
        if not below:
            now[letter] = extra
        elif side == "-":
            now[letter] = numbers.div(b, numbers.mul(a, numbers.add(ONE, extra)))
        else:
            now[letter] = numbers.div(numbers.add(b, extra), a)

    def row(names: Sequence[str]) -> list[Number]:
        xs = [now[x] for x in names]
        total = xs[0]
        for x in xs[1:]:
            total = numbers.add(total, x)
        return [numbers.div(x, total) for x in xs]

    P = wrap(np.array([row(names) for names in start["P"]], dtype=object))
    w = wrap(np.array(row(start["w"]), dtype=object))
    t = numbers.div(now["s"], numbers.add(ONE, now["s"])) if start["t"] == "s" else now[start["t"]]
    k = start["k"]
    return View(
        P=P,
        w=w,
        p=P[k],
        others=np.delete(P, k, axis=0),
        corner=wrap(np.array([numbers.rational(int(j == k)) for j in range(size[0])], dtype=object)),
        t=wrap(_single(t)),
        T1=wrap(_single(ONE)),
        T=wrap(_single(numbers.add(ONE, now["u"]) if start["T"] != "1" else ONE)),
        warming=1,
        d=None,
        support=np.array([[x != "0" for x in names] for names in start["P"]]),
        active=np.array([x != "0" for x in start["w"]]),
        k=k,
    )


def _single(x: Number) -> np.ndarray:
    out = np.empty((), dtype=object)
    out[()] = x
    return out


def _put(f: Poly, now: Mapping[str, Number]) -> Number:
    total: Number = ZERO
    for m, c in f.items():
        term: Number = numbers.rational(c)
        for x, n in m:
            for _ in range(n):
                term = numbers.mul(term, now[x])
        total = numbers.add(total, term)
    return total


# ---- one margin


def _shown(field: Field, said: dict, margin: Number, size: Size) -> None:
    part = f"part {said['part']} at {list(size)}"
    if numbers.is_special(margin):
        raise Failed(f"the margin of the {part} is no number")
    if numbers.is_rational(margin):
        if margin < 0 or said["denominator"] or Fraction(said["numerator"]) != numbers.as_fraction(margin):
            raise Failed(f"the margin of the {part} is {margin}, the derivation says {said['numerator']}")
        return
    top = field.polynomial(polynomial(said["numerator"]))
    x, below = field.raw(margin), field.field.ring(1)
    for text in said["denominator"]:
        factor = field.polynomial(polynomial(text))
        if not field.positive(factor):
            raise Failed(f"the denominator of the {part} is not above 0 by its coefficients: {text}")
        below *= factor
    if x.numer * below != x.denom * top:
        raise Failed(f"the margin of the {part} is {x}, which is not the quotient that the derivation gives")
    if not _nonnegative(field, top, said):
        raise Failed(f"that the numerator of the {part} is nowhere below 0 does not follow as the derivation says")


def _nonnegative(field: Field, f: Any, said: dict) -> bool:
    try:
        if said["by"] == "signs":
            return field.sign(f) >= 0
        rest = field.polynomial(polynomial(said["of"]))
        quotient, remainder = f.div(rest)
        if remainder or field.sign(quotient) < 0:
            return False
        match said["by"]:
            case "power":
                total = field.polynomial(polynomial(said["sum"]))
                return field.positive(total) and field.sign(rest * total ** int(said["power"])) >= 0
            case "means":
                return _by_means(field, rest, said["pairs"])
            case "known":
                return _by_known(field, rest, said)
            case "slope":
                return slopes.stands(field, rest, said, polynomial, _nonnegative)
    except Open:
        return False
    return False


def _by_means(field: Field, f: Any, pairs: Sequence) -> bool:
    """f less Σ c (m + m' − 2 √(m m')) has no coefficient below 0; every m m' is a square, and c ≥ 0."""
    left = {m: Fraction(int(c)) for m, c in f.terms()}
    for text, *both in pairs:
        c = Fraction(text)
        (a, b) = (field.polynomial(polynomial(one)).monoms() for one in both)
        if c < 0 or len(a) != 1 or len(b) != 1 or any((x + y) % 2 for x, y in zip(a[0], b[0], strict=True)):
            return False
        middle = tuple((x + y) // 2 for x, y in zip(a[0], b[0], strict=True))
        for m, by in ((a[0], c), (b[0], c), (middle, -2 * c)):
            left[m] = left.get(m, Fraction(0)) - by
    names = list(field.letters)
    unsigned = {i for i, x in enumerate(names) if field.signs.get(x, 2) is None or (field.signs.get(x, 2) or 0) < 0}
    return all(c >= 0 for c in left.values()) and not any(m[i] for m, _ in f.terms() for i in unsigned)


def _by_known(field: Field, f: Any, said: dict) -> bool:
    """f plus a multiple c of a polynomial g with a known sign has a sign; c g ≤ 0."""
    g, c = field.polynomial(polynomial(said["known"])), Fraction(said["multiple"])
    sign = next((s for h, s in field.known if h == g), None)
    if sign is None or sign * c > 0:
        return False
    return field.sign(f * c.denominator + g * c.numerator) >= 0


def polynomial(text: Any) -> Poly:
    """A polynomial as a derivation writes it: terms joined by " + ", factors by "*". Raises Failed where it is none."""
    if not isinstance(text, str):
        raise Failed(f"the derivation has {text!r}, which is no polynomial")
    out: dict = {}
    for term in text.split(" + "):
        c, powers = 1, {}
        for n, factor in enumerate(term.split("*")):
            if n == 0 and re.fullmatch(r"-?\d+", factor):
                c = int(factor)
                continue
            found = FACTOR.fullmatch(factor)
            if found is None or found[1] in powers:
                raise Failed(f"the derivation has {text!r}, which is no polynomial")
            powers[found[1]] = int(found[2] or 1)
        m = tuple(sorted(powers.items()))
        if m in out:
            raise Failed(f"the derivation has {text!r}, which is no polynomial")
        out[m] = c
    return {m: c for m, c in out.items() if c}
