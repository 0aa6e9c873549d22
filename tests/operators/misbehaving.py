"""Operators that break the rules of an operator, each in its own way, and one among them that does not.

Every one of them must end with a verdict, and none may take the others along.
"""

import ctypes
import os
import sys

import jax.numpy as jnp
import numpy as np

from axiomkd import operator


@operator
def well(P, w):
    """The honest one: it stands first and is checked whatever the others do."""
    return w @ P


@operator
def raises(P, w):
    raise RuntimeError("raises on purpose")


@operator
def raises_on_some(P, w):
    if P[0, 0] > 0.9:
        raise ValueError("the first teacher is too sure")
    return np.asarray(w) @ np.asarray(P)


@operator
def wrong_shape(P, w):
    return w


@operator
def nan_everywhere(P, w):
    return (w @ P) * jnp.nan


@operator
def exits(P, w):
    sys.exit(3)


@operator
def exits_at_once(P, w):
    np.asarray(P)
    os._exit(0)


@operator
def exits_at_once_later(P, w):
    if np.asarray(P)[0, 0] > 0.9:
        os._exit(7)
    return np.asarray(w) @ np.asarray(P)


@operator
def segfaults(P, w):
    np.asarray(P)
    ctypes.string_at(0)


@operator
def allocates(P, w):
    hoard = np.zeros(2**30)  # 8 GiB, twice what a worker may take
    return w @ P + hoard[0]


@operator
def draws(P, w):
    noise = np.random.default_rng().random()
    return (1 - noise / 10) * (np.asarray(w) @ np.asarray(P)) + noise / 10 * np.asarray(P)[0]


@operator
def mutates(P, w):
    P = np.asarray(P)
    P *= 2
    return w @ P / 2


@operator
def complex_result(P, w):
    return (w @ P) * 1j


@operator
def string_result(P, w):
    return "a third"


@operator
def none_result(P, w):
    return None


calls = 0


@operator
def tires(P, w):
    global calls
    calls += 1
    q = np.asarray(w) @ np.asarray(P)
    return q if calls < 1000 else q[::-1].copy()


@operator
def last_well(P, w):
    """The honest one that stands last."""
    return w @ P
