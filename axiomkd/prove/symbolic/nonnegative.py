"""Why a polynomial in positive letters is nowhere below 0: its coefficients, those of its factors, or a little more.

After a sign of all coefficients come Pólya's theorem (a form that is positive on the simplex has positive coefficients once it
is multiplied by a power of the sum of its letters) and the inequality of means, m + m' ≥ 2√(m m') for any two terms. What is
found is checked by expanding: `verify` needs no search to do that again. Where none of it helps, a slope may (`slopes`). It knows
no operator and no claim.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from axiomkd.core.late import late
from axiomkd.prove.symbolic.quotients import Home
from axiomkd.prove.symbolic.regions import Split, portable, written
from axiomkd.prove.symbolic.samples import is_below
from axiomkd.prove.symbolic.slopes import by_slope, defined, depends

if TYPE_CHECKING:
    import sympy
    from sympy.polys.rings import PolyElement
    from sympy.solvers import simplex
else:
    sympy, simplex = late("sympy"), late("sympy.solvers.simplex")

POWERS = (1, 2, 3)  # of the sum of the letters
MEANS = 14  # pairs of terms among which multipliers are sought
ROWS = 40
LINEAR = 3000  # steps of one linear program


class Below(Exception):
    """The polynomial has a value below 0 at a point of the region, or no reason was found why it has none."""


def shown(home: Home, f: PolyElement) -> dict[str, Any]:
    """How f ≥ 0 is seen on the region, as the certificate has it. Raises Below, Split where a smaller region may help."""
    sign, culprit = home.signs.of(f)
    if culprit is None:
        if sign < 0:
            raise Below
        return {"by": "signs"}
    rest = _open_part(home, f)
    _sampled(home, rest)
    found = _at_once(home, rest) or by_slope(home, rest, 0, _reason)
    if found is not None:
        said = {"of": written(portable(rest)), **found}
        return said | ({"where": defined(home, said)} if found["by"] == "slope" else {})
    raise Split(_order(home, rest), loose=True)


def _at_once(home: Home, rest: PolyElement) -> dict[str, Any] | None:
    return _by_known(home, rest) or _by_powers(home, rest) or _by_means(home, rest)


def _reason(home: Home, f: PolyElement, depth: int) -> dict[str, Any] | None:
    """How f ≥ 0 is seen on this region as it is, after `depth` slopes were taken."""
    sign, culprit = home.signs.of(f)
    if culprit is None:
        return {"by": "signs"} if sign >= 0 else None
    rest = _open_part(home, f)
    if is_below(home, rest):
        return None
    found = _at_once(home, rest) or by_slope(home, rest, depth, _reason)
    return None if found is None else {"of": written(portable(rest)), **found}


def _open_part(home: Home, f: PolyElement) -> PolyElement:
    """The product of the factors whose sign is open, taken so that f ≥ 0 where it is."""
    c, factors = home.signs.factors(f)
    rest, sign = home.ring(1), 1 if c > 0 else -1
    for g, power in factors:
        one = home.signs.by_coefficients(g)
        if one is None and power % 2 == 0:
            continue
        if one is None:
            rest = home.times(rest, g)
        elif one < 0 and power % 2:
            sign = -sign
    return rest if sign > 0 else -rest


def _sampled(home: Home, f: PolyElement) -> None:
    """Raises Below where one of a few points shows a value below 0."""
    if is_below(home, f):
        raise Below


def _by_known(home: Home, f: PolyElement) -> dict[str, Any] | None:
    """f + c g has a sign, where c g ≤ 0 is known."""
    for known, sign in home.region.known:
        g = home.signs.into(known)
        ratios = {Fraction(-int(c), int(g[m])) for m, c in f.terms() if c < 0 and m in g}
        for c in sorted(ratios):
            if sign * c <= 0 and home.signs.by_coefficients(f * c.denominator + g * c.numerator) in (0, 1, 2):
                return {"by": "known", "known": written(known), "multiple": str(c)}
    return None


def _by_powers(home: Home, f: PolyElement) -> dict[str, Any] | None:
    letters = [
        g for g, name in zip(home.ring.gens, home.letters, strict=True) if _occurs(f, g) and name in home.region.names
    ]
    total = sum(letters, home.ring(1))
    g = f
    for power in POWERS:
        g = home.times(g, total)
        if home.signs.by_coefficients(g) in (1, 2):
            return {"by": "power", "sum": written(portable(total)), "power": power}
    return None


def _occurs(f: PolyElement, g: PolyElement) -> bool:
    (m,) = g.monoms()
    place = m.index(1)
    return any(one[place] for one in f.monoms())


def _by_means(home: Home, f: PolyElement) -> dict[str, Any] | None:
    """f = Σ c (m + m' − 2 √(m m')) + terms with coefficients ≥ 0, by a linear program over the multipliers c ≥ 0."""
    open_letters = {name for name, sign in home.signs.letters.items() if sign is None or sign < 0}
    if len(f) > ROWS or any(name in open_letters for m in portable(f) for name, _ in m):
        return None
    terms = dict(f.terms())
    negative = [m for m, c in terms.items() if c < 0]
    above = [m for m, c in terms.items() if c > 0]
    pairs = [
        (a, b, tuple((x + y) // 2 for x, y in zip(a, b, strict=True)))
        for i, a in enumerate(above)
        for b in above[i + 1 :]
        if all((x + y) % 2 == 0 for x, y in zip(a, b, strict=True))
    ]
    pairs = [one for one in pairs if one[2] in negative]
    if not pairs or len(pairs) > MEANS or not set(negative) <= {m for *_, m in pairs}:
        return None
    home.purse.spend(LINEAR)
    rows = sorted({m for one in pairs for m in one} | set(negative))
    columns = [[(m in (a, b)) - 2 * (m == middle) for a, b, middle in pairs] for m in rows]
    try:
        _, found = simplex.linprog(
            [1] * len(pairs), sympy.Matrix(columns), sympy.Matrix([terms.get(m, 0) for m in rows])
        )
    except (simplex.InfeasibleLPError, simplex.UnboundedLPError):
        return None
    used = [(sympy.Rational(c), a, b) for c, (a, b, _) in zip(found, pairs, strict=True) if c]
    return {"by": "means", "pairs": [[str(c), _monomial(home, a), _monomial(home, b)] for c, a, b in used]}


def _monomial(home: Home, m: tuple[int, ...]) -> str:
    return written({tuple(sorted((x, n) for x, n in zip(home.letters, m, strict=True) if n)): 1})


def _order(home: Home, f: PolyElement) -> dict:
    """An order of two letters that is likely to help: of those that occur most in terms below 0. Raises Below."""
    counts: dict[str, int] = {}
    for m, c in portable(f).items():
        for x, n in m:
            for y in depends(home, home.letters[x]) if c < 0 else ():
                if y in home.region.strict:
                    counts[y] = counts.get(y, 0) + n
    rows = {x: x.rstrip("0123456789") + x[-1] for x in counts}
    best = sorted(counts, key=lambda x: (-counts[x], x))
    for i, x in enumerate(best):
        for y in best[i + 1 :]:
            if x[0] == y[0] == "x" and x[-1] == y[-1] and rows:
                return {((x, 1),): 1, ((y, 1),): -1}
    if len(best) < 2:
        raise Below
    return {((best[0], 1),): 1, ((best[1], 1),): -1}
