"""Which readings speak of weights: of an operator that has none they say nothing."""

from __future__ import annotations

from axiomkd.core.reading import Reading

AXIOM = "weight-monotonicity"
PROMISED = frozenset(
    {"variance", "bias-mean", "jensen", "log-loss", "brier-mean", "safety", "influence", "entropy-mean"}
)
"""Guarantees that hold the aggregate against a weighted mean, or one teacher against its weight."""


def of_weights(reading: Reading) -> bool:
    """Whether the reading quantifies over weights in what it claims, and not only in where it is asked."""
    return reading.axiom == AXIOM or reading.name in PROMISED
