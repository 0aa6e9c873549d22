"""A witness as a public value: exact numbers and arrays, what it refuses, and that a report's witness is found."""

from fractions import Fraction as F

import numpy as np
import pytest

import axiomkd
from axiomkd.core.errors import UsageError
from axiomkd.report.reproducer import literal
from axiomkd.report.witness.value import made
from tests.report import samples

REPORT = samples.SAMPLES["envelope_largest"]
EVERY = [
    (name, one.name, r.reading)
    for name, rep in samples.SAMPLES.items()
    for one in rep.operators
    for r in one.readings
    if r.witness
]


def test_numbers_are_fractions_and_arrays():
    witness = REPORT.witness("envelope")
    assert isinstance(witness, axiomkd.Witness)
    assert witness.exact.P == ((F(1, 2), F(1, 2)), (F(1, 10), F(9, 10))) and witness.exact.margin == F(-1, 20)
    assert witness.P.dtype == np.float64 and witness.P.tolist() == [[0.5, 0.5], [0.1, 0.9]]
    assert witness.w.tolist() == [0.5, 0.5] and witness.value.tolist() == [[0.55, 0.45]] and witness.margin == -0.05
    assert (witness.K, witness.C, witness.classes, witness.teacher, witness.confirmed) == (2, 2, (0,), None, "exact")
    assert witness.P2 is None and witness.exact.T is None


def test_hexadecimal_numbers_are_fractions_too():
    witness = REPORT.witness("convexity/envelope", largest=True)
    assert witness.exact.margin == F(float.fromhex("-0x1.999999999999ap-3"))
    assert (witness.confirmed, witness.K, witness.C) == ("ball", 2, 3)
    assert REPORT.operators[0].readings[2].largest == witness.model()  # and it is written again as it was


@pytest.mark.parametrize(("name", "operator", "reading"), EVERY)
def test_what_is_written_again_is_the_same(name, operator, reading):
    (row,) = [
        r
        for one in samples.SAMPLES[name].operators
        if one.name == operator
        for r in one.readings
        if r.reading == reading
    ]
    witness = samples.SAMPLES[name].witness(reading, operator)
    again = made(witness.target, row.id, witness.model(), verdict=witness.verdict)
    assert witness.model() == row.witness and repr(again.exact) == repr(witness.exact)  # nan is not equal to itself
    assert f"{witness!r}".startswith("<axiomkd.Witness: my_op.py::")
    assert "class 0" in str(witness) or not witness.exact.value or witness.C > 8


def test_what_was_rounded_is_never_said_to_be_exact():
    """A ball beside 1 is printed as the double 1: that is no fraction."""
    ball = samples.witness(
        [["1", "0"], ["1/2", "1/2"]],
        ["1/2", "1/2"],
        confirmed="ball",
        margin="-0x1.0p-2",
        value=[["0x1.0p+0", "0x0.0p+0"]],
    )
    witness = samples.report(samples.operator("a", samples.reading("envelope", "refuted", witness=ball))).witness(
        "envelope"
    )
    assert witness.exact.value == ((1, 0),) and r"$A(P, w) \approx (1, 0)$" in witness.to_latex()
    assert witness.model() == ball


def test_a_witness_is_written_by_hand_in_any_kind_of_number():
    given = axiomkd.Witness("zoo:log", "hull", P=[[0.5, "1/2"], np.array([0.25, 0.75])], w=[1, F(0)], direction=[1, -1])
    assert (
        given.exact.P[0] == (F(1, 2), F(1, 2))
        and given.exact.P[1] == (F(1, 4), F(3, 4))
        and given.reading == "convexity/hull"
    )
    assert literal(given.model().P[1][0]) == "F(1, 4)"
    with pytest.raises(AttributeError):
        given.teacher = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"P": [[1, 0], [1]]}, "K rows of C"),
        ({"P": []}, "K rows of C"),
        ({"w": [1]}, "w has 1 entries for the 2 rows"),
        ({"w": ["one", 0]}, "'one' is no number"),
        ({"P2": [[1, 0]]}, "P2 has 1 entries"),
        ({"direction": [1]}, "direction has 1 numbers for 2 classes"),
        ({"teacher": 2}, "teachers 0 to 1"),
        ({"reading": "no-such"}, "no reading 'no-such'"),
    ],
)
def test_what_does_not_fit_is_told(more, said):
    given = {"reading": "envelope", "P": [[1, 0], [0, 1]], "w": [1, 0], **more}
    with pytest.raises(UsageError, match=said):
        axiomkd.Witness("zoo:log", given.pop("reading"), **given)


def test_where_there_is_none_it_is_told():
    with pytest.raises(UsageError, match="pull has no witness: it is holds for power.* against envelope, hull"):
        REPORT.witness("pull")
    two = samples.report(samples.operator("a", samples.HULL), samples.operator("b", samples.HULL))
    with pytest.raises(UsageError, match="against each of a, b: say which"):
        two.witness("hull")
    assert two.witness("hull", "b").target == "my_op.py::b" == two.witness("hull", "my_op.py::b").target
    with pytest.raises(UsageError, match="no operator 'c' in the report; there are a, b"):
        two.witness("hull", "c")
