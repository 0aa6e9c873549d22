"""The sign of a polynomial over a region: from its coefficients, from those of its factors, or from what is known.

It knows no operator and no claim.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from axiomkd.prove.symbolic.regions import Purse, Region, Split, portable

if TYPE_CHECKING:
    from sympy.polys.rings import PolyElement

NEGATIVE, NONPOSITIVE, ZERO, NONNEGATIVE, POSITIVE = -2, -1, 0, 1, 2
FACTORED = 60  # terms of a polynomial that is still factored
DEGREE = 12
FACTORING = 12  # steps a term and a degree


@dataclass(eq=False)
class Signs:
    """Signs in one run. `letters` are those of exponentials and the like, with their signs: None where it is open."""

    ring: Any
    region: Region
    purse: Purse
    letters: dict[str, int | None]
    value: Callable[[PolyElement], int]
    seen: dict[PolyElement, tuple[int, PolyElement | None]] = field(default_factory=dict)

    def exactly(self, f: PolyElement) -> int:
        """−1, 0 or 1. Raises Split."""
        sign, culprit = self.of(f)
        if culprit is not None:
            raise Split(portable(culprit), loose=False)
        if abs(sign) == 1:
            raise Split(self._weak_letter(f), loose=False)
        return sign // 2

    def loosely(self, f: PolyElement) -> int:
        """1 where f ≥ 0 all over the region, −1 where f ≤ 0. Raises Split."""
        sign, culprit = self.of(f)
        if culprit is not None:
            raise Split(portable(culprit), loose=True)
        return -1 if sign < 0 else 1

    def of(self, f: PolyElement) -> tuple[int, PolyElement | None]:
        """The sign, and the factor that leaves it open where one does."""
        if f not in self.seen:
            self.seen[f] = self._of(f)
        return self.seen[f]

    def _of(self, f: PolyElement) -> tuple[int, PolyElement | None]:
        sign = self.by_coefficients(f)
        if sign is None:
            sign = self._known(f)
        if sign is not None:
            return sign, None
        c, factors = self.factors(f)
        total, culprit = POSITIVE if c > 0 else NEGATIVE, None
        for g, power in factors:
            one = self.by_coefficients(g)
            one = self._known(g) if one is None else one
            if one is None and power % 2 == 0:
                one = NONNEGATIVE
            if one is None:
                culprit = culprit or (g if g.LC > 0 else -g)
                continue
            for _ in range(power):
                total = _times(total, one)
        return (0, culprit) if culprit is not None and total else (total, None)

    def factors(self, f: PolyElement) -> tuple[int, list[tuple[PolyElement, int]]]:
        """A number, and what f is a product of; f itself where it is too long to be factored."""
        degree = max((sum(m) for m in f.monoms()), default=0)
        if len(f) > FACTORED or degree > DEGREE:
            return 1, [(f, 1)]
        self.purse.spend(FACTORING * len(f) * degree)
        c, factors = f.factor_list()
        return int(c), factors

    def by_coefficients(self, f: PolyElement) -> int | None:
        """The sign that all terms share; None where they share none."""
        if not f:
            return ZERO
        strict, total, some = set(self.region.strict), 0, False
        names = [str(x) for x in self.ring.symbols]
        for m, c in f.terms():
            sign, sure = 1 if c > 0 else -1, True
            for name, n in zip(names, m, strict=True):
                if n:
                    own = self.letters.get(name, POSITIVE if name in strict else NONNEGATIVE)
                    if own is None or abs(own) < 2 and name in self.letters:
                        if n % 2:
                            return None
                        sure = False
                    else:
                        sign, sure = (-sign if own < 0 and n % 2 else sign), sure and abs(own) == 2
            if total and sign != total:
                return None
            total, some = sign, some or sure
        return total * (2 if some else 1)

    def _known(self, f: PolyElement) -> int | None:
        for g, sign in self.region.known:
            mine = self.into(g)
            if f == mine or f == -mine:
                return sign if f == mine else -sign
        return None

    def into(self, f: Any) -> PolyElement:
        """A polynomial by names as one of this ring."""
        out = self.ring(0)
        gens = dict(zip(map(str, self.ring.symbols), self.ring.gens, strict=True))
        for m, c in f.items():
            term = self.ring(c)
            for x, n in m:
                term = term * gens[x] ** n
            out = out + term
        return out

    def _weak_letter(self, f: PolyElement) -> dict:
        """The first letter that may be 0, as a polynomial; f itself where it has none."""
        names = [str(x) for x in self.ring.symbols]
        for m in f.monoms():
            for name, n in zip(names, m, strict=True):
                if n and name in self.region.weak:
                    return {((name, 1),): 1}
        return dict(portable(f))


def _times(a: int, b: int) -> int:
    if not a or not b:
        return 0
    size = 2 if abs(a) == abs(b) == 2 else 1
    return size if (a > 0) == (b > 0) else -size
