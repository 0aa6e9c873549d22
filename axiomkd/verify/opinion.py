"""A second opinion on identities: worked out by SymPy in letters p_ki and w_k that stand for all positive numbers at once.

What SymPy does not get to the end of within its steps is left unsaid. What it finds false is false. It knows no theorem.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.scope import at_sizes
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import ONE, Number, Undecided
from axiomkd.tracing.walk import Unsupported
from axiomkd.verify.laws import Laws
from axiomkd.verify.line import Failed
from axiomkd.verify.ratios import Open
from axiomkd.verify.values import Point, Unknown

if TYPE_CHECKING:
    from axiomkd.verify.scene import Scene

SIZES = ((2, 2), (2, 3), (3, 2), (3, 3))
STEPS = 10_000  # terms of quotients, for one identity at one size
NOT_SEEN = (Open, Undecided, Unsupported, Unknown, TypeError, ValueError, AttributeError, RecursionError, OverflowError)

Sides = tuple[Callable[[], Number | None], Callable[[], Number | None]]


def point(size: tuple[int, int], *, scaled: bool) -> tuple[Laws, Point]:
    """Rows and weights in letters above 0, and a letter for T: (x_0, …, 1 − Σ x), or `scaled` (x_0, …, 1)/(Σ x + 1).

    Linear formulas are short in the first, quotients have signs that can be seen in the second.
    """
    K, C = size
    rows = [[f"x{k}_{i}" for i in range(C - 1)] for k in range(K)]
    own = [f"v{k}" for k in range(K - 1)]
    last = [] if scaled else [({(): 1} | {((x, 1),): -1 for x in names}, 2) for names in (*rows, own)]
    field = Laws([*(x for row in rows for x in row), *own, "T"], last)

    def entries(names: list[str]) -> list[Number]:
        xs = [*map(field.letter, names)]
        total: Number = ONE if scaled else numbers.ZERO
        for x in xs:
            total = numbers.add(total, x)
        return [numbers.div(x, total) for x in (*xs, ONE)] if scaled else [*xs, numbers.sub(ONE, total)]

    P = np.array([entries(row) for row in rows], dtype=object)
    return field, Point(P, np.array(entries(own), dtype=object), field.letter("T"))


def ask(
    scene: Scene,
    what: str,
    sides: Callable[[Point], Iterable[Sides]],
    *,
    loosely: bool = False,
    same: Hashable | None = None,
) -> None:
    """Note at which sizes all these sides are equal by SymPy. Raises Failed where two are not; `loosely` leaves room for the
    rounding of a literal. `same` names the question where other certificates put it too: it is worked out once."""

    def stood(size: tuple[int, int]) -> bool:
        return any(
            _stands(*_letters(scene, size, scaled), what, size, sides, loosely=loosely) for scaled in (False, True)
        )

    for size in scene.sizes:
        if size in SIZES and scene.subject.evaluator.mode == "jax":
            seen = stood(size) if same is None else scene.subject.keep((same, size), lambda size=size: stood(size))
            scene.opinions[size] = scene.opinions.get(size, True) and seen


def _letters(scene: Scene, size: tuple[int, int], scaled: bool) -> tuple[Laws, Point]:
    return scene.subject.keep(f"in letters {size} {scaled}", lambda: point(size, scaled=scaled))


def _stands(
    field: Laws,
    at: Point,
    what: str,
    size: tuple[int, int],
    sides: Callable[[Point], Iterable[Sides]],
    *,
    loosely: bool,
) -> bool:
    field.budget = STEPS
    try:
        for left, right in sides(at):
            x, y = left(), right()
            if x is None or y is None:
                return False
            gap = numbers.sub(x, y)
            same = field.zero(gap)
            if same is False and loosely and abs(field.somewhere(gap)) <= tolerances.EXACT:
                return False
            if same is False:
                raise Failed(
                    f"{what}: SymPy finds the two sides different at (K, C) = {size}: their difference is {_text(gap)}"
                )
            if same is None:
                return False
    except NOT_SEEN:
        return False
    return True


def _text(x: Number) -> str:
    text = str(getattr(x, "x", x))
    return text if len(text) <= 200 else f"{text[:200]}…"


def told(scene: Scene) -> None:
    """Say at which sizes all identities of a certificate are SymPy's too."""
    sizes = [size for size, stood in scene.opinions.items() if stood]
    if sizes:
        scene.trust(f"identities also by SymPy at {at_sizes(sizes)}")
