"""Large witnesses: which rows and columns stand for many, and that none is said to be like another that it is not like."""

from axiomkd.report import plain
from axiomkd.report.panel import Others, Row, columns, few

from . import samples


def teachers(*rows: tuple[list[str], str]) -> list[Row]:
    return [Row("teacher", f"teacher {k}", (w,), tuple(row)) for k, (row, w) in enumerate(rows)]


def test_classes_that_are_alike_stand_in_one_column():
    numbers = ["1/400"] * 200
    numbers[3], numbers[150] = "3/5", "1/7"
    rows = teachers((numbers, "1/2"), (["1/200"] * 200, "1/2"))
    assert columns(rows, 200, (), 8) == [3, 150, Others(198, 199)]
    assert columns(rows, 200, (9,), 8) == [3, 9, 150, Others(197, 199)]
    assert columns(teachers((["1/200"] * 200, "1")), 200, (), 8) == [0, Others(199, 199)]
    assert Others(198, 199).heading == "198 more, each"


def test_what_differs_by_little_is_not_alike():
    numbers = [*["1/400"] * 20, f"{10**40 + 1}/{4 * 10**42}"]
    assert columns(teachers((numbers, "1")), 21, (), 8) == [20, Others(20, 19)]


def test_what_differs_everywhere_is_shown_from_the_start():
    rows = teachers(([f"1/{n}" for n in range(2, 52)], "1"))
    assert columns(rows, 50, (), 4) == [0, 1, 2, 3, Others(46)]
    assert columns(rows, 50, (7, 30), 4) == [0, 1, Others(5), 7, Others(22), 30, Others(19)]
    assert columns(rows, 50, (49,), 4) == [0, 1, 2, Others(46), 49]


def test_teachers_that_are_alike_stand_in_one_row():
    same, other = (["1/2", "1/2"], "1/8"), (["1/4", "3/4"], "1/8")
    labels = [row.label for row in few(teachers(*[same] * 4, other, *[same] * 3), None, 10)]
    assert labels == ["teachers 0–3, each", "teacher 4", "teacher 5", "teacher 6", "teacher 7"]
    labels = [row.label for row in few(teachers(*[same] * 9), 4, 10)]
    assert labels == ["teachers 0–3, each", "teacher 4", "teachers 5–8, each"]


def test_a_very_large_witness_is_never_shown_in_full():
    P = [["1/200"] * 200] * 2
    witness = samples.witness(P, ["1/2", "1/2"], value=[["1/200"] * 200])
    witness = witness.model_copy(update={"cls": 7})
    lines = plain.table(samples.reading("envelope", "refuted", witness=witness), whole=True)
    assert lines[0].split() == ["w", "class", "7", "199", "more,", "each"] and max(map(len, lines)) < 60
