"""The table of operators and readings: what it says of each, and that it fits."""

from axiomkd import axioms
from axiomkd.report import matrix
from tests.report import samples
from tests.report.samples import SAMPLES


def many(count: int, **options):
    verdicts = ["proved", "holds", "refuted", "fragile", "inconclusive", "error"]
    readings = [samples.reading(r.name, verdicts[n % len(verdicts)]) for n, r in enumerate(axioms.READINGS)]
    return samples.report(*(samples.operator(f"operator-{n}", *readings, **options) for n in range(count)))


def test_each_cell_is_what_the_reading_counts_as():
    for report in SAMPLES.values():
        table = matrix.matrix(report)
        for one, line in zip(report.operators, table.lines, strict=True):
            found = {(r.axiom, r.reading): r for r in one.readings}
            for column, cell in zip(table.columns, line.cells, strict=True):
                row = found.get((column.axiom, column.reading))
                assert cell.verdict == (None if row is None else row.counts)
                assert cell.glyph == (matrix.NONE if row is None else matrix.GLYPHS[row.counts])


def test_it_fits_a_terminal_and_has_a_line_for_each():
    report = many(9)
    lines = matrix.text(report).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("operator-" in line for line in lines) == 9
    named = [r.name for r in axioms.READINGS if r.name in matrix.text(report)]
    assert len(named) == len(axioms.READINGS)


def test_a_terminal_without_unicode_gets_none():
    text = matrix.text(many(2), unicode=False)
    assert text.isascii() and "refuted" in text


def test_long_names_are_cut_and_no_operator_is_no_line():
    report = samples.report(samples.operator("x" * 90, samples.reading("envelope", "holds")))
    assert max(map(len, matrix.text(report).splitlines())) <= 80
    assert matrix.matrix(samples.report()).lines == ()


def test_what_all_are_held_to_is_starred():
    report = samples.report(samples.operator("a", samples.reading("envelope", "holds")))
    assert "envelope*" in matrix.text(report)


def test_more_readings_than_fit_stand_in_blocks():
    one = samples.operator("a", *(samples.reading(r.name, "holds") for r in axioms.READINGS))
    more = [r.model_copy(update={"axiom": f"more {r.axiom}"}) for r in one.readings]
    wide = one.model_copy(update={"readings": [*one.readings, *more], "name": "n" * 20})
    lines = matrix.text(samples.report(wide)).splitlines()
    assert max(map(len, lines)) <= 80 and sum(line.startswith("nnn") for line in lines) == 2
