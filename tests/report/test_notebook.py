"""A report in a notebook: one line, a matrix that is well formed and hides nothing, a frame where there is pandas."""

import sys
import types
from xml.etree import ElementTree as XML

import pytest

from axiomkd import axioms
from axiomkd.report import notebook
from tests.report import samples
from tests.report.test_html import Tree, everything


def test_the_one_line():
    report = samples.SAMPLES["temperature"]
    assert (
        repr(report)
        == str(report)
        == ("<axiomkd.Report: 1 operator against article: 1 fails (log: invalid, nonexpansive)>")
    )
    assert "entropy-naive: undecided, interior (fragile)" in repr(samples.SAMPLES["fragile"])
    many = samples.report(*(samples.operator(f"f{n}") for n in range(9)))
    assert "\n" not in repr(many) and "f2: valid; 6 more" in repr(many)
    assert len(repr(everything())) < 300


def test_the_matrix_has_a_glyph_a_reading():
    text = everything()._repr_html_()
    Tree(text)
    table = XML.fromstring(text[text.index("<table") : text.index("</table>") + 8])
    rows = table.findall("tbody/tr")
    assert len(rows) == 3 and {len(row) for row in rows} == {2 + len(axioms.READINGS)}
    envelope = [row[4] for row in rows]
    assert ["".join(cell.itertext()) for cell in envelope] == ["×", "○", "!"]
    assert [cell.get("class") for cell in envelope] == ["bad", "good", "bad"]
    assert envelope[0][0].get("aria-label") == "envelope: refuted, required"
    assert "gone.py not loaded" in text and "× refuted" in text and "<script" not in text


def test_an_empty_report_has_no_table():
    assert "<table" not in samples.report()._repr_html_()


def test_rows_and_frame(monkeypatch):
    rows = notebook.rows(everything())
    assert len(rows) == 3 * len(axioms.READINGS) and rows[2]["reading"] == "envelope" and rows[2]["margin"] == -0.05
    monkeypatch.setitem(sys.modules, "pandas", types.SimpleNamespace(DataFrame=lambda rows, columns: (rows, columns)))
    got, columns = everything().to_frame()
    assert got == rows and set(columns) == set(rows[0])


def test_without_pandas_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="needs pandas, which axiomkd does not install: python -m pip install pandas"):
        everything().to_frame()
