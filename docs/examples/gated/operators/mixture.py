"""The weighted mean of the teachers: it meets the profile."""

from axiomkd import operator


@operator
def mixture(P, w):
    return w @ P
