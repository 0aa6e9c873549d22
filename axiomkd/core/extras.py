"""What a claim may quantify over beside P, w, one teacher, t and T: an entry each, with how it is drawn and written exactly.

A claim names what it `needs`; cases carry the values by name. Nothing here knows a claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from axiomkd.core.late import late

if TYPE_CHECKING:
    import numpy as np

    Rng = np.random.Generator
else:
    np = late("numpy")  # a claim is read by what draws nothing

TEACHER = "teacher"
"""The teacher k that every case has: no entry of the table, a claim that needs it says so for its witness."""


@dataclass(frozen=True)
class Extra:
    """`draw(rng, P, w, k)` makes one value a case, for P (B, K, C), w (B, K), k (B,); `shape(K, C)` is that of one value.

    `kind` says what the numbers are: "index" and "pair" (whole numbers), "share" (0, 1], "row" (a distribution), "positive", "set"
    (zeros and ones). `free` is false where nothing is to be climbed.
    """

    name: str
    kind: str
    draw: Callable[[Rng, np.ndarray, np.ndarray, np.ndarray], np.ndarray]

    @property
    def free(self) -> bool:
        """Whether there is something to climb: whole numbers and sets have no slope."""
        return self.kind in ("share", "row", "positive")

    @property
    def dtype(self) -> type:
        return int if self.kind in ("index", "pair") else float

    def shape(self, _K: int, C: int) -> tuple[int, ...]:
        return {"index": (), "share": (), "pair": (2,)}.get(self.kind, (C,))


SIMPLE_SHARES = (1, 1 / 2, 1 / 3, 1 / 4, 2 / 3, 3 / 4, 1 / 10)
MOST = 9 / 10  # of a weight that may not all go
SIMPLE_CHANCES = (1 / 2, 1 / 3, 2 / 3, 1 / 4, 3 / 4, 1 / 10, 9 / 10)


def _either(rng: Rng, first: np.ndarray, second: np.ndarray, chance: float = 0.5) -> np.ndarray:
    """Case by case one of the two."""
    chosen = rng.random(len(first)) < chance
    return np.where(chosen.reshape(-1, *[1] * (first.ndim - 1)), first, second)


def _other(rng: Rng, P, _w, k) -> np.ndarray:
    K = P.shape[1]
    return (k + rng.integers(1, K, len(k))) % K


def _share(rng: Rng, P, _w, _k) -> np.ndarray:
    B = len(P)
    wild = _either(rng, rng.uniform(0.01, 1, B), 10.0 ** rng.uniform(-4, 0, B))
    return _either(rng, rng.choice(SIMPLE_SHARES, B), wild)


def _chance(rng: Rng, P, _w, _k) -> np.ndarray:
    B = len(P)
    return _either(rng, rng.choice(SIMPLE_CHANCES, B), np.clip(rng.random(B), 1e-3, 1 - 1e-3))


def shares(x: np.ndarray) -> np.ndarray:
    """Positive numbers as distributions, over the last axis."""
    return x / x.sum(-1, keepdims=True)


def softmax(z: np.ndarray) -> np.ndarray:
    """Distributions from unconstrained numbers, over the last axis."""
    return shares(np.exp(z - z.max(-1, keepdims=True)))


def _odds(rng: Rng, B: int, C: int) -> np.ndarray:
    return shares(rng.integers(1, 10, (B, C)).astype(float))


def _sharp(rng: Rng, B: int, C: int) -> np.ndarray:
    rest = 10.0 ** rng.uniform(-9, -0.5, (B, C))
    np.put_along_axis(rest, rng.integers(0, C, (B, 1)), 1.0, -1)
    return shares(rest)


def _row(rng: Rng, P, w, k) -> np.ndarray:
    """A positive distribution: small odds, a sharp one, another teacher's, or row k with some probability moved."""
    B, _, C = P.shape
    at = np.arange(B)
    p = P[at, k]
    by = rng.normal(0, 10.0 ** rng.uniform(-3, 0.5, (B, 1)), (B, C))
    one = np.arange(C) == _either(rng, np.argmax(p, -1), rng.integers(0, C, B))[:, None]
    moved = shares(np.maximum(p, 1e-300) * np.exp(_either(rng, by, by * one)))  # every class, or one against all others
    drawn = _either(rng, _odds(rng, B, C), _either(rng, _sharp(rng, B, C), moved))
    return _either(
        rng, drawn, np.where(P.min((1, 2), keepdims=True)[:, :, 0] > 0, P[at, _other(rng, P, w, k)], drawn), 0.8
    )


def _truth(rng: Rng, P, _w, _k) -> np.ndarray:
    """Any distribution: one-hot, small odds, a sharp one, or one among the teachers."""
    B, K, C = P.shape
    hot = np.eye(C)[rng.integers(0, C, B)]
    among = (P * shares(rng.integers(1, 4, (B, K)).astype(float))[:, :, None]).sum(1)
    return _either(rng, _either(rng, hot, _odds(rng, B, C)), _either(rng, _sharp(rng, B, C), among))


def _mean(rng: Rng, P, w, k) -> np.ndarray:
    """A positive distribution that two rows can have as their mean: the middle of the two, or any."""
    B, at = len(P), np.arange(len(P))
    middle = (P[at, k] + P[at, _other(rng, P, w, k)]) / 2
    return _either(rng, shares(np.maximum(middle, 1e-300)), _odds(rng, B, P.shape[2]))


def _set(rng: Rng, P, _w, _k) -> np.ndarray:
    """Some classes, not none and not all."""
    B, _, C = P.shape
    chosen = rng.random((B, C)) < rng.uniform(0.1, 0.9, (B, 1))
    order = np.argsort(rng.random((B, C)), -1)
    np.put_along_axis(chosen, order[:, :1], True, -1)
    np.put_along_axis(chosen, order[:, 1:2], False, -1)
    return chosen.astype(float)


def _pair(rng: Rng, P, _w, _k) -> np.ndarray:
    B, _, C = P.shape
    return np.sort(np.argsort(rng.random((B, C)), -1)[:, :2], -1)


def _positive(rng: Rng, P, _w, _k) -> np.ndarray:
    """A likelihood: one class told apart, small whole numbers, or any of some orders of magnitude."""
    B, _, C = P.shape
    one = np.ones((B, C))
    np.put_along_axis(one, rng.integers(0, C, (B, 1)), rng.choice([2.0, 3.0, 4.0, 10.0], (B, 1)), -1)
    wild = 10.0 ** rng.uniform(-3, 3, (B, C))
    return _either(rng, one, _either(rng, rng.integers(1, 6, (B, C)).astype(float), wild))


EXTRAS: Mapping[str, Extra] = {
    one.name: one
    for one in (
        Extra("other", "index", _other),  # the teacher who loses weight, or varies too
        Extra("share", "share", _share),  # of the other teacher's weight, which moves
        Extra("row", "row", _row),  # what row k changes to
        Extra("y", "row", _truth),  # what is true
        Extra("s", "row", _row),  # the student
        Extra("S", "set", _set),  # classes
        Extra("pair", "pair", _pair),  # two classes, the lower first
        Extra("l", "positive", _positive),  # the likelihood of what has been seen, class by class
        Extra("mean", "row", _mean),  # of every row
        Extra("second", "row", _row),  # what row k is else
        Extra("second2", "row", _row),  # what the other row is else
        Extra("pi", "share", _chance),  # the chance of row k as it stands
        Extra("pi2", "share", _chance),
    )
}


def needed(needs: Iterable[str]) -> list[Extra]:
    """The entries that these needs name, in the order of the table."""
    wanted = set(needs)
    return [one for one in EXTRAS.values() if one.name in wanted]


def drawn(
    key: int, needs: Iterable[str], P: np.ndarray, w: np.ndarray, k: np.ndarray, *, inside: bool = False
) -> dict[str, Any]:
    """One value a case for each of the needs: the same for the same key and batch. `inside` leaves some of every share where it
    was, as operators declared for the interior are never given a weight of 0."""
    out: dict[str, Any] = {}
    for n, one in enumerate(EXTRAS.values()):
        if one.name in set(needs):
            out[one.name] = one.draw(np.random.default_rng((key, n)), P, w, k)
            if inside and one.kind == "share":
                out[one.name] = np.where(out[one.name] < 1, out[one.name], MOST)
    return out
