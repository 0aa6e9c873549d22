"""Numbers in sentences."""

from axiomkd.core.words import listed


def test_few_numbers_are_shown_and_many_are_counted():
    assert listed([0.25, 0.75]) == "[0.25, 0.75]"
    assert listed([1] * 8) == f"[{', '.join(['1.0'] * 8)}]"
    assert listed([0.5] * 200) == f"[{', '.join(['0.5'] * 6)}, … 194 more]"
