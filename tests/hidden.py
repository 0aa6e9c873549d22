"""Pools that do under JAX's trace what they do not outside of one, at points too few to be met: nothing may be proved of them."""

import jax


def handled(P, w):
    try:
        if abs(float(P[0, 0]) - 0.37) < 0.001:
            return P.mean(0)
    except Exception:
        pass
    return w @ P


def handled_deep(P, w):
    def near():
        return (abs(P[0, 0] - 0.37) < 0.001).item()

    try:
        return P.mean(0) if near() else w @ P
    except jax.errors.ConcretizationTypeError:
        return w @ P


def told_apart(P, w):
    if not isinstance(P, jax.core.Tracer) and abs(P[0, 0] - 0.37) < 0.001:
        return P.mean(0)
    return w @ P


def heated(P, w, T):
    try:
        return P.mean(0) if float(T) == 3.7 else w @ P
    except TypeError:
        return w @ P


HIDDEN = (handled, handled_deep, told_apart, heated)
