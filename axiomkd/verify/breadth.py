"""Claims of a certificate on terms, and on the code's signs, looked at for many sizes: beyond the few at which they are held
against every exact point.

What floats call different or negative is looked at exactly before it counts. It decides nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from axiomkd.core import tolerances
from axiomkd.tracing import numbers
from axiomkd.tracing.exact import object_array
from axiomkd.tracing.numbers import Undecided
from axiomkd.verify import arrays, translation, wide
from axiomkd.verify.agree import agrees, nearly, sign
from axiomkd.verify.arrays import Array, Points, TooLarge
from axiomkd.verify.line import Failed
from axiomkd.verify.scene import Claim, Scene
from axiomkd.verify.terms import Node
from axiomkd.verify.values import Env, Point, Unknown, holds, value
from axiomkd.verify.wide import Exact, Size

SIZES = ((5, 4), (2, 17), (7, 3), (2, 130), (3, 257), (33, 5), (2, 700), (2, 1000), (64, 3))
LOOKED_AGAIN = 6  # places at one size


def equal(scene: Scene, claim: Claim) -> None:
    """Both sides of an identity have one value at every size looked at. Raises Failed."""
    x, y = claim.terms

    def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.abs(a - b) > translation.CLOSE * np.maximum(np.abs(a), np.abs(b)) + 1e-290

    def differ(at: Point, env: Env, size: Size) -> None:
        a, b = value(x, at, env), value(y, at, env)
        if numbers.is_special(a) or numbers.is_special(b):
            return
        if agrees(a, b) is False and not nearly(a, b, tolerances.EXACT):
            raise Failed(
                f"claim equal ({claim.text}): at (K, C) = {size} the sides are {translation.short(a)} and {translation.short(b)}"
            )

    _everywhere(scene, claim, (x, y), apart, differ)


def bounded(scene: Scene, claim: Claim) -> None:
    """A term is at least 0, or above it, at every size looked at. Raises Failed."""
    (x,) = claim.terms
    strict = claim.kind == "positive"

    def below(a: np.ndarray) -> np.ndarray:
        return a <= 0 if strict else a < 0

    def negative(at: Point, env: Env, size: Size) -> None:
        a = value(x, at, env)
        found = None if numbers.is_special(a) else sign(a)
        if found is not None and (found < 0 or (strict and found == 0 and numbers.is_rational(a))):
            raise Failed(f"claim {claim.kind} ({claim.text}): at (K, C) = {size} the term is {translation.short(a)}")

    _everywhere(scene, claim, (x,), below, negative)


def _everywhere(
    scene: Scene,
    claim: Claim,
    terms: tuple[Node, ...],
    wrong: Callable[..., np.ndarray],
    exactly: Callable[[Point, Env, Size], None],
) -> None:
    """Where floats see something wrong, and the claim's conditions hold, exact numbers decide."""
    looked = set(translation.sizes(scene.subject, scene.scope))
    for size in [size for size in SIZES if size in looked]:
        several = translation.within(scene, claim.domain, size)
        if not several:
            continue
        at = wide.floats(several)
        try:
            for place, over in _places(at, claim, terms, wrong):
                one = several[place[0]]
                point = Point(*one.exact, numbers.rational(one.T), object_array(one.Ts))
                env = dict(zip(over, place[1:], strict=True))
                try:
                    with numbers.precision(translation.BITS):
                        if all(holds(c, point, env) for c in claim.given):
                            exactly(point, env, size)
                except (Undecided, Unknown):
                    continue
        except (TooLarge, Unknown):
            continue


def _places(
    at: Points, claim: Claim, terms: tuple[Node, ...], wrong: Callable[..., np.ndarray]
) -> Iterator[tuple[tuple[int, ...], tuple[Node, ...]]]:
    found: list[Array] = [arrays.value(n, at) for n in (*terms, *claim.given)]
    values, over = arrays.aligned(found)
    with np.errstate(all="ignore"):
        bad = wrong(*values[: len(terms)])
    for condition in values[len(terms) :]:
        bad = bad & condition
    for place in np.argwhere(bad)[:LOOKED_AGAIN]:
        yield tuple(int(n) for n in place), over


def signs(scene: Scene, claim: Claim, wanted: Callable[[Exact, int], bool], strict: bool) -> int:
    """At how many wide points the code's exact values have the signs claimed. Raises Failed."""
    translation.same_traces(scene.subject, scene.scope)
    values, count = translation.wide_values(scene.subject), 0
    for size in translation.sizes(scene.subject, scene.scope):
        for at in translation.within(scene, claim.domain, size):
            q = values.exact(at, "")
            if q is None:
                continue
            count += 1
            for i, x in enumerate(q):
                found = sign(x)
                lost = strict and found == 0 and numbers.is_rational(x)
                if found is not None and (found < 0 or lost) and wanted(at, i):
                    raise Failed(f"claim {claim.kind}: at (K, C) = {size} class {i} gets {translation.short(x)}")
    return count
