"""Climbing without gradients, on the normalised margins of readings that sampling left open: for operators that are no JAX.

Many points at once take a random step and keep it where the margin gets worse. Serves batches and single calls alike; how
many steps there are is a number, or what the calls left are worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from axiomkd.claims.margins import Measured, measure, parts, smallest
from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.case import Cases
from axiomkd.core.extras import EXTRAS, softmax
from axiomkd.core.reading import Pointwise, Reading
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search.draw import draw

KINDS = (
    ("flat", "mixture"),
    ("contested", "heavy other"),
    ("fractions", "small odds"),
    ("shared class", "nearly equal"),
)
POINTS, STEPS = (0, 24, 96), (0, 60, 240)  # climbers a reading, and their steps, by the effort's level
ONE_BY_ONE = 4  # climbers a reading of an operator that is called one point at a time
SCALES = (1.0, 0.3, 0.1, 0.03)
LEAST_SCALE = 1e-9


def climb(
    evaluator: Evaluator, readings: Sequence[Reading], size: tuple[int, int], seed: int, *, level: int
) -> Iterator[Measured]:
    """Everything that is measured on the way. Raises OutOfCalls."""
    single = evaluator.mode == "single"
    points = ONE_BY_ONE if single else POINTS[level]
    steps = max(STEPS[level], STEPS[1])
    rng = np.random.default_rng((seed, *size))
    cases = _start(evaluator, size, points * len(readings), seed)
    owner = np.repeat(np.arange(len(readings)), points)
    measured = measure(evaluator, readings, cases)
    cases = replace(measured.cases, d=None)
    yield measured
    height = _height(readings, measured, owner)
    for _ in range(steps):
        tried = _moved(evaluator, cases, rng)
        measured = measure(evaluator, readings, tried, anew=True)
        yield measured
        now = _height(readings, measured, owner)
        better = now < height
        cases, height = _chosen(better, tried, cases), np.where(better, now, height)


def _start(evaluator: Evaluator, size: tuple[int, int], count: int, seed: int) -> Cases:
    softener = evaluator.softener
    parts = [
        draw(
            seed * 1000 + n,
            -(-count // len(KINDS)),
            size,
            panel=panel,
            weights=weights,
            temperature="wide",
            tilt="uniform",
            temperatures_in=(softener.lowest, softener.highest),
            pairs=evaluator.operator.takes_temperature,
            interior=True,
        )
        for n, (panel, weights) in enumerate(KINDS)
    ]
    every = [np.concatenate([getattr(c, name) for c in parts]) for name in ("P", "w", "k", "t", "T1", "T")]
    order = np.arange(len(every[0])).reshape(len(KINDS), -1).T.ravel()[:count]  # the kinds in turns
    return Cases(*(x[order] for x in every), label="climbing")


def _moved(evaluator: Evaluator, cases: Cases, rng: np.random.Generator) -> Cases:
    """A random step of each: of logarithms of some rows, or of the weights, or of t and T."""
    B, K, C = cases.P.shape
    scale = rng.choice(SCALES, (B, 1))
    what = rng.random((B, K + 2)) < 0.5
    what[np.arange(B), rng.integers(K + 2, size=B)] = True
    P = softmax(np.log(np.maximum(cases.P, 1e-12)) + (scale * what[:, :K])[..., None] * rng.standard_normal((B, K, C)))
    w = softmax(np.log(np.maximum(cases.w, 1e-12)) + scale * what[:, K : K + 1] * rng.standard_normal((B, K)))
    step = scale[:, 0] * what[:, K + 1]
    t = np.clip(cases.t * np.exp(step * rng.standard_normal(B)), 1e-4, 1 - 1e-9)
    T = cases.T * np.exp(step * rng.standard_normal(B))
    T = np.clip(T, evaluator.softener.lowest, evaluator.softener.highest)
    more = {name: _nearby(rng, EXTRAS[name].kind, x, step) for name, x in cases.more.items()}
    return Cases(P, w, cases.k, t, cases.T1, np.where(T == cases.T1, cases.T, T), None, cases.label, more)


def _nearby(rng: np.random.Generator, kind: str, x: np.ndarray, step: np.ndarray) -> np.ndarray:
    """A random step of what else is drawn, where it has a neighbourhood."""
    match kind:
        case "share":
            return np.clip(x * np.exp(step * rng.standard_normal(len(x))), 1e-4, 1 - 1e-9)
        case "row":
            return softmax(np.log(np.maximum(x, 1e-12)) + step[:, None] * rng.standard_normal(x.shape))
        case "positive":
            return x * np.exp(step[:, None] * rng.standard_normal(x.shape))
        case _:
            return x


def _chosen(better: np.ndarray, tried: Cases, cases: Cases) -> Cases:
    def pick(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(better.reshape(-1, *[1] * (a.ndim - 1)), a, b)

    pairs = [(getattr(tried, name), getattr(cases, name)) for name in ("P", "w", "k", "t", "T1", "T")]
    more = {name: pick(tried.more[name], x) for name, x in cases.more.items()}
    return Cases(*(pick(*pair) for pair in pairs), label=cases.label, more=more)


def _height(readings: Sequence[Reading], measured: Measured, owner: np.ndarray) -> np.ndarray:
    """Each climber's margin in its own reading, over the reading's scale: what is small near agreement has a slope still."""
    every = []
    for reading in readings:
        claim = reading.claim
        assert isinstance(claim, Pointwise)
        with np.errstate(all="ignore"):
            view = measured.seen(reading)
            margin = smallest(NUMPY, parts(claim, NUMPY, view, ties=False), len(owner))
            if claim.scale is not None:
                margin = margin / np.maximum(claim.scale(NUMPY, view), LEAST_SCALE)
        every.append(np.nan_to_num(margin, nan=np.inf))
    return np.stack(every)[owner, np.arange(len(owner))]
