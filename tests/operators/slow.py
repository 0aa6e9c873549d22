"""Operators whose calls take long, and which neither raise nor hang. They count what floats they are called with."""

import time

import numpy as np

from axiomkd import operator

CALLS = []


def slow(P):
    CALLS.append(np.asarray(P).tobytes())
    time.sleep(0.001)
    if np.asarray(P).dtype == object:
        raise TypeError("takes floats only")  # a library's compiled code
    return np.ascontiguousarray(P)


@operator(backend="numpy")
def slow_linear(P, w):
    return np.asarray(w) @ slow(P)


@operator(backend="numpy")
def slow_log(P, w):
    with np.errstate(divide="ignore"):
        z = np.array([sum(v * x for v, x in zip(w, c, strict=True) if v > 0) for c in np.log(slow(P)).T])
        raised = np.exp(z - z.max())
    return raised / raised.sum()


@operator(backend="numpy")
def slow_vote(P, w):
    P = slow(P)
    shares = np.zeros(P.shape[1])
    np.add.at(shares, P.argmax(axis=1), w)
    return np.eye(P.shape[1])[shares.argmax()]


@operator(backend="numpy")
def hangs_at_last(P, w):
    if len(CALLS) > 400:
        time.sleep(3600)
    return np.asarray(w) @ slow(P)
