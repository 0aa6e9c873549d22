"""Numbers of a witness as text, and bars."""

from __future__ import annotations

from fractions import Fraction

import pytest

from axiomkd.report.bars import Pen, closer_than, short, value

NEXT = Fraction(1, 2) + Fraction(1, 2**200)


@pytest.mark.parametrize(
    ("exact", "text"),
    [
        ("3/40", "3/40"),
        ("0", "0"),
        ("-1/2", "-1/2"),
        ("123456789/1000000000", "≈0.123457"),
        ("0x1.8p-1", "0.75"),
        ("0x1.999999999999ap-4", "≈0.1"),
        (f"1/{2**200}", "2^-200"),
        (f"-1/{2**200}", "-2^-200"),
        (str(NEXT), "1/2+"),
        (str(1 - NEXT), "1/2-"),
        ("nan", "nan"),
    ],
)
def test_short(exact, text):
    assert short(exact) == text


def test_value_is_exact():
    assert value("1/3") == Fraction(1, 3)
    assert value("0x1p-3") == Fraction(1, 8)


def test_closer_than_is_a_bound():
    assert closer_than(Fraction(3, 2**200)) == "2^-198"


@pytest.mark.parametrize(
    ("share", "bar"), [(0.0, ""), (1.0, "████"), (0.5, "██"), (1e-9, "▏"), (-0.5, ""), (1.5, ""), (float("nan"), "")]
)
def test_bar(share, bar):
    assert Pen(80, True).bar(share, 4) == bar


def test_ascii_has_every_sign_of_the_axioms():
    from axiomkd import axioms

    pen = Pen(80, False)
    for reading in axioms.READINGS:
        assert "?" not in pen.text(reading.statement)
    assert pen.text("0.4 → ≈0.6 · margin ≥ 0") == "0.4 -> ~0.6 - margin >= 0"
