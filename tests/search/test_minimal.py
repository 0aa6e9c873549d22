"""The exact smallest witness for a dozen pairs; for rational ones, that nothing smaller exists, by plain enumeration."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import product
from math import gcd

import pytest

from .checks import checked, from_zoo, verdicts

# operator, reading: P, w, t, T as printed
MINIMAL = {
    ("log", "envelope"): ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2", None, None),
    ("log", "any-support"): ("0 1 | 1/2 1/2", "1/2 1/2", None, None),
    ("log", "favourite"): ("1/5 1/5 3/5 | 1/6 2/3 1/6", "2/3 1/3", "0 1/2", None),
    ("log", "coordinate"): ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/4 3/4", "0 1/2", None),
    ("log", "nonexpansive"): ("1/5 4/5 | 1/3 2/3", "1/2 1/2", None, "1 1/2"),
    ("linear", "ranking"): ("1/5 4/5 | 2/3 1/3", "2/5 3/5", None, "1 1/2"),
    ("linear", "entropy"): ("1/5 4/5 | 3/4 1/4", "1/2 1/2", None, "1 1/2"),
    ("linear", "commutation"): ("1/3 2/3 | 1/2 1/2", "1/2 1/2", None, "1 1/2"),
    ("mean", "responsive"): ("1/3 2/3 | 1/2 1/2", "1 0", "1", None),
    ("max_all", "envelope"): ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2", None, None),
    ("power2", "envelope"): ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2", None, None),
    ("vote", "unanimity"): ("1/2 1/2 | 1/2 1/2", "1/2 1/2", None, None),
    ("wsq", "ranking"): ("1/4 3/4 | 3/5 2/5", "2/5 3/5", None, "1 1/2"),
    ("smooth", "unanimity"): ("1/3 2/3 | 1/3 2/3", "1/2 1/2", None, None),
}


# Of `log`, all in one check: reading: P, w
OF_LOG = {
    "transfer": ("1/4 1/4 1/2 | 3/5 1/5 1/5", "3/4 1/4"),
    "strict-transfer": ("1/4 1/4 1/2 | 3/5 1/5 1/5", "3/4 1/4"),
    "variance": ("1/2 1/2 | 1/3 2/3", "2/3 1/3"),
    "bias-mean": ("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    "bias-max": ("1/5 2/5 2/5 | 2/5 1/5 2/5", "1/2 1/2"),
    "jensen": ("1/4 3/4 | 1/2 1/2", "1/2 1/2"),
    "attenuation": ("1/5 1/5 3/5 | 1/4 1/2 1/4", "1/4 3/4"),
    "safety": ("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    "safety-set": ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2"),
    "brier-mean": ("1/4 3/4 | 1/3 2/3", "1/2 1/2"),
    "brier-max": ("1/2 1/100 49/100 | 1/12 1/6 3/4", "1/2 1/2"),
    "influence": ("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    "influence-one": ("4/5 1/5 | 1/3 2/3", "2/3 1/3"),
    "entropy-mean": ("1/7 6/7 | 1/5 4/5", "1/2 1/2"),
    "merge": ("1/4 1/2 1/4 | 1/3 1/3 1/3", "1/2 1/2"),
}


@pytest.mark.slow
def test_the_smallest_witnesses_against_guarantees():
    found = verdicts(checked(from_zoo("log"), guarantees=True))
    told = {name: found[name].witness for name in OF_LOG}
    assert {name: (" | ".join(" ".join(row) for row in w.P), " ".join(w.w)) for name, w in told.items()} == OF_LOG


@pytest.mark.whole
@pytest.mark.parametrize("name, reading", MINIMAL, ids=lambda x: x)
@pytest.mark.weekly(3)
def test_the_smallest_witness(name, reading):
    found = verdicts(checked(from_zoo(name), reading))[reading]
    assert found.verdict == "refuted"
    witness = found.witness
    rows = " | ".join(" ".join(row) for row in witness.P)
    told = (rows, " ".join(witness.w), witness.t and " ".join(witness.t), witness.T and " ".join(witness.T))
    assert told == MINIMAL[name, reading]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.slow
def test_the_smallest_witness_does_not_depend_on_the_seed(seed):
    found = verdicts(checked(from_zoo("linear"), "ranking", seed=seed))["ranking"]
    assert " | ".join(" ".join(row) for row in found.witness.P) == MINIMAL["linear", "ranking"][0]


def rows(parts, highest):
    """All interior probability vectors with denominators up to `highest`."""
    out = []
    for den in range(1, highest + 1):
        for head in product(range(1, den), repeat=parts - 1):
            row = (*head, den - sum(head))
            if row[-1] >= 1 and gcd(*row) == 1:
                out.append(tuple(F(n, den) for n in row))
    return out


def simplest(parts, highest, fails):
    """The first failing (P, w) for two teachers by largest denominator, then by the sum of all denominators."""
    every = []
    for p, q, w in product(rows(parts, highest), rows(parts, highest), rows(2, highest)):
        dens = [x.denominator for x in (*p, *q, *w)]
        every.append(((max(2, *dens), sum(dens)), (p, q), w))
    failing = [(key, P, w) for key, P, w in sorted(every) if fails(P, w)]
    return failing[0][0], [(P, w) for key, P, w in failing if key == failing[0][0]]


def soften(p):
    squares = [x * x for x in p]
    return [x / sum(squares) for x in squares]


def linear(P, w):
    return [sum(v * p[i] for v, p in zip(w, P, strict=True)) for i in range(len(P[0]))]


def ranking_fails(P, w):
    q, soft = linear(P, w), linear([soften(p) for p in P], w)
    return any(q[i] > q[j] and soft[i] < soft[j] for i in range(2) for j in range(2))


def commutation_fails(P, w):
    return linear([soften(p) for p in P], w) != soften(linear(P, w))


def above_envelope(P, w):
    tops = [max(column) for column in zip(*P, strict=True)]
    q = [x / sum(tops) for x in tops]
    return any(not min(column) <= x <= max(column) for x, column in zip(q, zip(*P, strict=True), strict=True))


@pytest.mark.parametrize(
    "name, reading, parts, highest, fails",
    [
        ("linear", "ranking", 2, 5, ranking_fails),
        ("linear", "commutation", 2, 4, commutation_fails),
        ("max_all", "envelope", 3, 5, above_envelope),
    ],
)
def test_nothing_smaller_fails(name, reading, parts, highest, fails):
    key, ties = simplest(parts, highest, fails)
    told = MINIMAL[name, reading]
    P = tuple(tuple(map(F, row.split())) for row in told[0].split(" | "))
    assert (P, tuple(map(F, told[1].split()))) in ties, (key, ties)


@pytest.mark.slow
def test_the_largest_witness_has_half_of_what_was_found_and_the_simplest_is_printed_too():
    found = verdicts(checked(from_zoo("log"), "envelope"))["envelope"]
    assert found.largest is not None
    assert float.fromhex(found.largest.margin) < 2 * float.fromhex(found.witness.margin) < 0
    assert float.fromhex(found.largest.margin) < -0.49  # the violation of the log pool's envelope tends to 1
