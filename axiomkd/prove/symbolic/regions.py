"""Regions of a claim's domain as the image of positive parameters, and how an undecided order splits one into smaller ones.

A row of probabilities is (x_0, …, x_{C−2}, 1)/(x_0 + … + x_{C−2} + 1), x > 0; with zeros among the entries, the same of the others.
Weights are written likewise, t = s/(1 + s), T = 1 + s. Where f = a·x − b with a > 0, b ≥ 0, the points with f > 0 are among those
with x = (b + d)/a for a new d > 0; where b > 0 too, those with f < 0 have x = b/(a·(1 + d)). It knows no operator and no claim.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Monomial = tuple[tuple[str, int], ...]
Polynomial = Mapping[Monomial, int]
"""Whole coefficients by monomial: letters with their powers, in the order of their names."""


class OutOfSteps(Exception):
    """The steps that were allowed are spent."""


class Split(Exception):
    """An order that the region leaves open: that of `f` and 0. `loose` where the points with f = 0 may go to either side."""

    def __init__(self, f: Polynomial, *, loose: bool):
        super().__init__(written(f))
        self.f, self.loose = f, loose


class Purse:
    """Steps: products of two terms, and numbers made. What is counted is the same on every machine.

    At most `patience` are spent without a region being done, and `most` in all.
    """

    def __init__(self, patience: int, most: int):
        self.patience, self.most = patience, most
        self.spent = self._since = 0

    def spend(self, steps: int) -> None:
        self.spent += steps
        if self.spent > self.most or self.spent - self._since > self.patience:
            raise OutOfSteps

    def done(self) -> None:
        """A region is done: patience is as it was at first."""
        self._since = self.spent


# ---- polynomials as they are written


def written(f: Polynomial) -> str:
    """The polynomial as text, which `verify` reads: terms joined by " + ", factors by "*"."""
    return " + ".join(_term(c, m) for m, c in sorted(f.items())) or "0"


def _term(c: int, m: Monomial) -> str:
    letters = [name if n == 1 else f"{name}^{n}" for name, n in m]
    return "*".join(letters if c == 1 and letters else [str(c), *letters])


def portable(f: Any) -> Polynomial:
    """A ring's polynomial by the names of its letters."""
    names = [str(x) for x in f.ring.symbols]
    return {tuple(sorted((x, n) for x, n in zip(names, m, strict=True) if n)): int(c) for m, c in f.terms()}


def letters_of(f: Polynomial) -> set[str]:
    return {x for m in f for x, _ in m}


# ---- regions


@dataclass(frozen=True)
class Step:
    """`letter` is (below + extra)/above (side "+"), below/above (side "0") or below/(above·(1 + extra)) (side "-"), extra a new
    letter. Without `below` it is a letter that was at least 0 and is now 0, or above 0."""

    letter: str
    side: str  # "+", "0" or "-"
    above: Polynomial
    below: Polynomial
    extra: str


@dataclass(frozen=True)
class Region:
    """`P` and `w` say which entries are not 0, by their letters ("1" for the last); `t` is "s", "1" or "0".

    `strict` and `weak` are the letters that are above 0, and those that are at least 0. `known` are signs of polynomials that no
    parameters express.
    """

    P: tuple[tuple[str, ...], ...]
    w: tuple[str, ...]
    t: str
    T: str
    k: int
    strict: tuple[str, ...]
    weak: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    known: tuple[tuple[Polynomial, int], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.strict, *self.weak)

    @property
    def start(self) -> dict[str, Any]:
        """Where it starts, for the certificate."""
        return {"P": [list(row) for row in self.P], "w": list(self.w), "t": self.t, "T": self.T, "k": self.k}


def starts(
    size: tuple[int, int], domain: str, *, inside: bool, tilts: bool, warms: bool, teachers: int
) -> list[Region]:
    """Regions that cover the domain together, for every teacher k < `teachers`. `inside`: of the interior only."""
    K, C = size
    rows = list(_patterns(C)) if domain == "closed" and not inside else [(True,) * C]
    own = list(_patterns(K)) if domain != "interior" and not inside else [(True,) * K]
    out = []
    for some, among, k in itertools.product(itertools.product(rows, repeat=K), own, range(teachers)):
        P = tuple(_named(f"x{j}", pattern) for j, pattern in enumerate(some))
        w = _named("v", among)
        letters = [x for row in (*P, w) for x in row if x not in "01"]
        for t in ("s", *(() if inside else ("1",))) if tilts else ("0",):
            weak = [*(["s"] if t == "s" else []), *(["u"] if warms else [])]
            out.append(Region(P, w, t, "1 + u" if warms else "1", k, tuple(letters), tuple(weak)))
    return out


def _patterns(n: int) -> Iterator[tuple[bool, ...]]:
    """Which entries are not 0, all of them first."""
    return (p for p in itertools.product((True, False), repeat=n) if any(p))


def _named(prefix: str, pattern: Sequence[bool]) -> tuple[str, ...]:
    last = max(i for i, there in enumerate(pattern) if there)
    return tuple("0" if not there else "1" if i == last else f"{prefix}{i}" for i, there in enumerate(pattern))


DEEPEST = 12


def parts(region: Region, split: Split, fixed: set[str]) -> list[tuple[str, Region]]:
    """The sides of an open order, each a region: "+", "0" and "-", or "+" and "-" where equality may go to either.

    Letters that are `fixed` depend on others, so that f is not solved for any. Raises OutOfSteps where there are too many.
    """
    if len(region.steps) + len(region.known) >= DEEPEST:
        raise OutOfSteps
    f = split.f
    if len(f) == 1 and letters_of(f) <= set(region.weak) and all(n == 1 for m in f for _, n in m):
        return _settled(region, next(iter(letters_of(f))))
    sides = ("+", "-") if split.loose else ("+", "0", "-")
    return [(side, _side(region, f, side, loose=split.loose, solve=not letters_of(f) & fixed)) for side in sides]


def _side(region: Region, f: Polynomial, side: str, *, loose: bool, solve: bool) -> Region:
    """Where f is above 0, 0, or below 0, in new letters; or the same letters with that known, where f is solved for none."""
    g = {m: -c for m, c in f.items()} if side == "-" else f
    minus = {m: -c for m, c in g.items()}
    plain, turned = ("0", "0") if side == "0" else ("+", "-")
    # One letter for all sides, where one has both signs: the sides of later splits look alike then.
    ways = [
        (way, _solved(region, h, [x], sure=True)) for x in region.strict for way, h in ((plain, g), (turned, minus))
    ]
    ways.append((plain, _solved(region, g, region.names, sure=False)))
    how, found = next(((way, one) for way, one in ways if one and solve), (plain, None))
    if found is None:
        sign = {"+": 1 if loose else 2, "0": 0, "-": -1 if loose else -2}[side]
        return replace(region, known=(*region.known, (f, sign)))
    letter, above, below = found
    new = f"d{len(region.steps)}"
    strict, weak = (tuple(x for x in names if x != letter) for names in (region.strict, region.weak))
    if side != "0":
        strict, weak = (strict, (*weak, new)) if loose else ((*strict, new), weak)
    # What is known is known of the old letters: it is not carried over, so that less is.
    steps = (*region.steps, Step(letter, how, above, below, new))
    return replace(region, strict=strict, weak=weak, steps=steps, known=())


def _settled(region: Region, letter: str) -> list[tuple[str, Region]]:
    weak = tuple(x for x in region.weak if x != letter)
    new = f"d{len(region.steps)}"
    positive = replace(
        region,
        strict=(*region.strict, new),
        weak=weak,
        steps=(*region.steps, Step(letter, "+", {(): 1}, {}, new)),
        known=(),
    )
    zero = replace(region, weak=weak, steps=(*region.steps, Step(letter, "0", {(): 1}, {}, new)), known=())
    return [("+", positive), ("0", zero)]


def _solved(
    region: Region, f: Polynomial, letters: Sequence[str], *, sure: bool
) -> tuple[str, Polynomial, Polynomial] | None:
    """A letter x with f = a·x − b, both free of x, a above 0 and b at least 0 (`sure`: above 0)."""
    strict = set(region.strict)
    for letter in letters:
        with_x = {m: c for m, c in f.items() if any(x == letter for x, _ in m)}
        below = {m: -c for m, c in f.items() if m not in with_x}
        if not with_x or not below or any(n != 1 for m in with_x for x, n in m if x == letter):
            continue
        above = {tuple((x, n) for x, n in m if x != letter): c for m, c in with_x.items()}
        if positive(above, strict) and (positive(below, strict) if sure else min(below.values()) > 0):
            return letter, above, below
    return None


def positive(f: Polynomial, strict: set[str]) -> bool:
    """Whether no coefficient is below 0, and one term has only letters that are above 0."""
    return all(c > 0 for c in f.values()) and any({x for x, _ in m} <= strict for m in f)
