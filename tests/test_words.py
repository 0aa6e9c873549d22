"""Numbers in sentences."""

from fractions import Fraction

from axiomkd.core.words import compared, listed, meant, unknown


def test_few_numbers_are_shown_and_many_are_counted():
    assert listed([0.25, 0.75]) == "[0.25, 0.75]"
    assert listed([1] * 8) == f"[{', '.join(['1.0'] * 8)}]"
    assert listed([0.5] * 200) == f"[{', '.join(['0.5'] * 6)}, … 194 more]"


def test_numbers_that_are_compared_can_be():
    """A fraction beside a decimal has its own; two fractions, and two decimals, stay as they are."""
    assert compared(Fraction(2, 15), 0.135011) == ["2/15 (0.133333)", "0.135011"]
    assert compared(Fraction(1, 2), Fraction(3, 5)) == ["1/2", "3/5"]
    assert compared(0.25, 0.5) == ["0.25", "0.5"] and compared(Fraction(1, 2), 1) == ["1/2", "1"]


def test_a_name_that_is_nearly_right_is_guessed():
    known = ("simplex", "hull", "pull")
    assert meant("hul", known) == "hull or pull" and meant("xyz", known) == ""
    assert unknown("reading", "hul", known[:2]) == "no reading 'hul'; did you mean hull? There are simplex, hull."
    assert unknown("reading", "xyz", known) == "no reading 'xyz'; there are simplex, hull, pull."
    assert unknown("reading", "x/hul", ["hull"], "x has") == "no reading 'x/hul'; did you mean hull? X has hull."
