"""Operators that do not come back, asleep and awake, and one that does."""

import time

import numpy as np

from axiomkd import operator


@operator
def sleeps(P, w):
    time.sleep(3600)


@operator
def spins(P, w):
    while np.asarray(P).sum() > 0:
        pass
    return w @ P


@operator
def sleeps_on_some(P, w):
    if np.asarray(P)[0, 0] > 0.9:
        time.sleep(3600)
    return np.asarray(w) @ np.asarray(P)


@operator
def comes_back(P, w):
    return w @ P
