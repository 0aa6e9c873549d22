"""Segments of the domain along which jumps are looked for: straight ones, and ways from far to near a place.

Each is known in floats and exactly. Knows points, and refuses to know what is looked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from axiomkd.claims import nearby, places, segments
from axiomkd.claims.places import Places, Point
from axiomkd.operators.evaluate import Evaluator

NEAREST = 1e-12  # how near to a place the inward ways lead in floats
MARGIN = 0.04  # of a straight segment's ends: what is beyond may leave the domain


@dataclass(frozen=True)
class Paths:
    """Segments of the domain: in floats, exactly, how fast they move, how simple they are, and what to call them."""

    values: segments.Values
    floats: Callable[[Any, Any], tuple[np.ndarray, np.ndarray]]  # of segments and parameters that broadcast
    exact: Callable[[int], nearby.Path]
    of_parameter: Callable[[float], float]  # what is cut in floats may be the logarithm of what is cut exactly
    low: Any
    high: Any
    speed: np.ndarray
    size: np.ndarray
    name: Callable[[int], str]
    shape: tuple[int, int]  # K, C


Ends = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def ends(K: int, C: int, rng: np.random.Generator, count: int, closed: bool) -> Ends:
    """Both ends of straight segments, in odds: P, w, P, w. Some move w alone, or P alone; some lie on a face."""
    P, w = places.interior_odds(K, C, rng, count)
    Q, v = places.interior_odds(K, C, rng, count)
    kind = rng.random(count)
    Q = np.where((kind < 0.25)[:, None, None], P, np.where((kind < 0.4)[:, None, None], np.roll(P, 1, axis=2), Q))
    v = np.where(((kind > 0.4) & (kind < 0.6))[:, None], w, v)
    v[(kind < 0.25) & (v == w).all(axis=1), 0] += 1
    if closed:
        off_face = rng.random(count) < 0.6
        keep_P = (rng.random(P.shape) < 0.7) | (np.arange(C) == rng.integers(C, size=(count, K, 1)))
        keep_w = (rng.random(w.shape) < 0.8) | (np.arange(K) == rng.integers(K, size=(count, 1)))
        keep_P, keep_w = keep_P | off_face[:, None, None], keep_w | off_face[:, None]
        P, Q, w, v = P * keep_P, Q * keep_P, w * keep_w, v * keep_w
    return P, w, Q, v


def straight(evaluator: Evaluator, between: Ends) -> Paths:
    P, w, Q, v = (x / x.sum(-1, keepdims=True) for x in between)

    def points(which: Any, t: Any) -> tuple[np.ndarray, np.ndarray]:
        s = np.asarray(t)[..., None]
        return (1 - s[..., None]) * P[which] + s[..., None] * Q[which], (1 - s) * w[which] + s * v[which]

    def exact(n: int) -> nearby.Path:
        a, b, c, d = (places.exact_rows(x[n]) for x in between)
        return lambda t: Point(a + (c - a) * t, b + (d - b) * t)

    size = sum(x.reshape(len(x), -1).sum(axis=1) for x in between)
    return Paths(
        values=lambda which, t: nearby.plain_batch(evaluator, *points(which[:, None], t)),
        floats=points,
        exact=exact,
        of_parameter=float,
        low=MARGIN,
        high=1 - MARGIN,
        speed=np.full(len(P), 2 * P.shape[1] + 2),
        size=np.asarray(size),
        name=lambda n: "along a straight segment",
        shape=(P.shape[1], P.shape[2]),
    )


def inward(evaluator: Evaluator, there: Places, rng: np.random.Generator, count: int, *, closed: bool) -> Paths:
    """Ways from far to near a place, cut in log ε: thresholds and guards stand at distances of every order."""
    n = (len(there) * rng.random(count) ** 2).astype(int)  # the simplest places more often
    s = rng.integers(there.ways, size=count)
    if not closed:
        P, w = there.floats(NEAREST)
        inside = np.logical_and((P > 0).all(axis=(2, 3)), (w > 0).all(axis=2))
        n, s = n[inside[n, s]], s[inside[n, s]]
    moves = (np.abs(x[n, s]).reshape(len(n), -1).max(axis=1, initial=1) for x in (*there.by_P, *there.by_w))
    fastest = np.max(list(moves), axis=0) if len(n) else np.ones(0)

    def points(which: Any, t: Any) -> tuple[np.ndarray, np.ndarray]:
        return there.some(n[which], s[which], np.exp(np.asarray(t)))

    def exact(one: int) -> nearby.Path:
        return lambda epsilon: there.exact(int(n[one]), int(s[one]), epsilon)

    def name(one: int) -> str:
        return f"on a way to {there.name(int(n[one])).removeprefix('at ')}"

    return Paths(
        values=lambda which, t: nearby.plain_batch(evaluator, *points(which[:, None], t)),
        floats=points,
        exact=exact,
        of_parameter=math.exp,
        low=math.log(NEAREST),
        high=np.log(0.2 / fastest),
        speed=np.array([2 ** there.reach(int(one)) for one in n], dtype=object),
        size=there.P[n].sum(axis=(1, 2)) + there.w[n].sum(axis=1),
        name=name,
        shape=(there.P.shape[1], there.P.shape[2]),
    )
