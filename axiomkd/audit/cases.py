"""The inputs at which an operator is run: each a few lines of Python that make it, so that a reproducer is those lines.

From the simplest and smallest on, with a ladder of probabilities (or sizes of logits) for each. It knows no operator and no
dtype; what a dtype makes of the numbers is not its business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

SMALL = ((2, 2), (2, 3), (2, 10), (5, 10))
LARGE = (100, 1_000, 10_000, 32_000, 151_936)  # C of the sizes at which few inputs are tried
TEACHERS = (3, 4, 2, 2, 2)  # K at each of these
MANY = 20  # classes up to which the whole ladder is tried
EXPONENTS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 37, 50, 75, 100, 150, 200, 250, 300, 307)
LOGITS = (1.0, 5.0, 10.0, 20.0, 50.0, 80.0, 100.0, 500.0, 1e3, 1e4, 6e4)
FEW_EXPONENTS, FEW_LOGITS = (3, 6, 37), (20.0, 100.0, 1e3)
TEMPERATURES = (1.0, 4.0)  # distillation's usual one is 4


@dataclass(frozen=True)
class Recipe:
    """Lines that make P of K and C, and of `p` or `z` where they name it. `ordinary`: what a training run may well see.
    `face`: it has entries of 0. `most`: how large p may be, as a multiple of 1/C."""

    name: str
    lines: tuple[str, ...]
    ordinary: bool = False
    face: bool = False
    most: float = 1.0


PROBABILITIES = (
    Recipe("even", ("P = np.full((K, C), 1 / C)",), ordinary=True),
    Recipe("rising", ("P = np.tile(np.arange(1, C + 1) / (C * (C + 1) / 2), (K, 1))",), ordinary=True),
    Recipe(
        "zipf",
        ("p = 1 / np.arange(1, C + 1)", "P = np.stack([np.roll(p / p.sum(), k) for k in range(K)])"),
        ordinary=True,
    ),
    Recipe("random", ("P = np.random.default_rng({seed}).dirichlet(np.ones(C), K)",), ordinary=True),
    Recipe(
        "logits",
        (
            "P = np.exp(np.random.default_rng({seed}).normal(0, 2, (K, C)))",
            "P = P / P.sum(axis=1, keepdims=True)",
        ),
        ordinary=True,
    ),
    Recipe("one small", ("P = np.full((K, C), (1 - {p}) / (C - 1))", "P[:, -1] = {p}")),
    Recipe("one doubts", ("P = np.full((K, C), 1 / C)", "P[0] = (1 - {p}) / (C - 1)", "P[0, -1] = {p}")),
    Recipe(
        "opposed",
        ("P = np.full((K, C), {p})", "P[range(K), np.arange(K) % C] = 1 - (C - 1) * {p}"),
        most=0.5,
    ),
    Recipe("sure", ("P = np.full((K, C), {p})", "P[:, 0] = 1 - (C - 1) * {p}"), most=0.5),
    Recipe("a zero", ("P = np.full((K, C), 1 / C)", "P[0] = 1 / (C - 1)", "P[0, -1] = 0"), face=True),
    Recipe("zeros", ("P = np.full((K, C), 1 / (C - 1))", "P[:, -1] = 0"), face=True),
)
SCORES = (
    Recipe("even", ("P = np.zeros((K, C))",), ordinary=True),
    Recipe("rising", ("P = np.tile(np.arange(C) / C, (K, 1))",), ordinary=True),
    Recipe("random", ("P = np.random.default_rng({seed}).normal(0, 2, (K, C))",), ordinary=True),
    Recipe("line", ("P = np.tile(np.linspace(-{z}, {z}, C), (K, 1))",)),
    Recipe("opposed", ("P = {z} * np.eye(K, C)",)),
    Recipe("high", ("P = np.full((K, C), {z})", "P[:, 0] += 1")),
    Recipe("low", ("P = np.full((K, C), -{z})", "P[:, 0] += 1")),
)
NORMED = (
    "P = P - np.log(np.exp(P - P.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)) - P.max(axis=1, keepdims=True)"
)
WEIGHTS = (
    Recipe("even", ("w = np.full(K, 1 / K)",), ordinary=True),
    Recipe("rising", ("w = np.arange(1, K + 1) / (K * (K + 1) / 2)",), ordinary=True),
    Recipe("one alone", ("w = np.eye(K)[0]",), face=True),
)


@dataclass(frozen=True)
class Case:
    """Inputs at a size: `lines` make P (K, C), called so whatever it holds, and w (K,). `step` is p or z of the ladder."""

    K: int
    C: int
    T: float | None
    recipe: str
    lines: tuple[str, ...]
    ordinary: bool
    step: float | None
    face: bool
    simple: bool  # even weights and T = 1

    @cached_property
    def made(self) -> tuple[np.ndarray, np.ndarray]:
        """P and w in float64."""
        names: dict[str, Any] = {"np": np, "K": self.K, "C": self.C}
        exec("\n".join(self.lines), names)  # our own lines, of the tables above
        return np.asarray(names["P"], float), np.asarray(names["w"], float)


def sizes(supports: Any, least: tuple[int, int]) -> list[tuple[int, int]]:
    """The sizes at which an operator is run, from the smallest on."""
    every = [*SMALL, *zip(TEACHERS, LARGE, strict=True)]
    return [size for size in every if supports(*size)] or [least]


def cases(K: int, C: int, *, form: str, closed: bool, temperature: bool, seed: int) -> list[Case]:
    """All cases of a size, the simplest first; `form` is what the operator takes, `closed` whether it takes zeros."""
    recipes = PROBABILITIES if form == "probabilities" else SCORES
    after = (NORMED,) if form == "log-probabilities" else ()
    out = []
    for T in TEMPERATURES if temperature else (None,):
        for recipe in recipes:
            for step in _ladder(recipe, C):
                for weights in WEIGHTS if C <= MANY and step is None and T in (None, 1.0) else WEIGHTS[:1]:
                    face = recipe.face or weights.face
                    if (face and not closed) or (C < 2 and recipe.face):
                        continue
                    out.append(_case(K, C, T, recipe, weights, step, after, seed))
    return out


def _case(
    K: int, C: int, T: float | None, recipe: Recipe, weights: Recipe, step: Any, after: Sequence[str], seed: int
) -> Case:
    text = "" if step is None else _written(step)
    lines = [line.replace("{p}", text).replace("{z}", text).replace("{seed}", str(seed)) for line in recipe.lines]
    return Case(
        K,
        C,
        T,
        recipe.name,
        (*lines, *after, *weights.lines),
        recipe.ordinary and weights.ordinary,
        step,
        recipe.face or weights.face,
        weights.name == "even" and T in (None, 1.0),
    )


def _written(step: float) -> str:
    """A short literal: 1e-3, 0.1, 50."""
    return f"{step:g}"


def _ladder(recipe: Recipe, C: int) -> Iterator[float | None]:
    text = " ".join(recipe.lines)
    if "{z}" in text:
        yield from LOGITS if C <= MANY else FEW_LOGITS
        return
    if "{p}" not in text:
        yield None
        return
    for exponent in EXPONENTS if C <= MANY else FEW_EXPONENTS:
        p = float(f"1e-{exponent}")
        if p < recipe.most / C:
            yield p
