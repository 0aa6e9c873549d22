"""A witness as a few lines of Python that see it again, alone or as a shell command to paste.

It writes text only, in the words of the public interface: what the lines do is `axiomkd.Witness.replay`'s to know. `verify`
writes them again from a report's numbers, and compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from axiomkd import axioms
from axiomkd.core.report import OperatorModel, ReadingModel, WitnessModel
from axiomkd.core.softener import DEFAULT
from axiomkd.report.bars import beside, value

WRITTEN, REPEATED = 8, 3  # numbers of a list that are all written out, and of a run within a longer one
WIDTH = 110  # columns of a line that several arguments share


def snippet(operator: OperatorModel, reading: ReadingModel, *, softener: str = DEFAULT) -> str | None:
    """A command to paste into a shell, or None where the reading has no witness."""
    witness = reading.witness
    if witness is None or not witness.P or reading.reading not in axioms.BY_NAME:
        return None
    return "\n".join(["python - <<'EOF'", *lines(operator.target, reading, witness, softener), "EOF"])


def lines(target: str, reading: ReadingModel, witness: WitnessModel, softener: str) -> list[str]:
    """The lines of Python, which print what a replay finds."""
    body = [f"witness = Witness({_quoted(target)}, {_quoted(reading.id)},", *_arguments(reading, witness, softener)]
    body[-1] = f"{body[-1].removesuffix(',')})"
    fractions = ["from fractions import Fraction as F"] if any("F(" in line for line in body[1:]) else []
    return [*fractions, "from axiomkd import Witness", *body, "print(witness.replay())"]


def _arguments(reading: ReadingModel, witness: WitnessModel, softener: str) -> Iterator[str]:
    """The lines within the parentheses: short arguments share one."""
    line = ""
    for argument in _named(reading, witness, softener):
        if line and len(line) + len(argument) > WIDTH:
            yield line
            line = ""
        line = f"{line} {argument}," if line else f"    {argument},"
    yield line


def _named(reading: ReadingModel, witness: WitnessModel, softener: str) -> Iterator[str]:
    yield f"P={_rows(witness.P)}"
    yield f"w={_row(witness.w)}"
    if witness.P2 is not None:
        yield f"P2={_rows(witness.P2)}"
    if witness.w2 is not None:
        yield f"w2={_row(witness.w2)}"
    if witness.teacher is not None:
        yield f"teacher={witness.teacher}"
    if witness.teacher2 is not None:
        yield f"teacher2={witness.teacher2}"
    if witness.delta is not None:
        yield f"delta={literal(witness.delta)}"
    for name in ("t", "T", "Ts", "direction", "truth", "student", "likelihood", "pi"):
        row = getattr(witness, name)
        if row is not None:
            yield f"{name}={_row(row)}"
    if witness.classes is not None:
        yield f"chosen={witness.classes}"
    if softener != DEFAULT:
        yield f"softener={_quoted(softener)}"
    if reading.verdict != "refuted":
        yield f"verdict={_quoted(reading.verdict)}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


# --- numbers ---------------------------------------------------------------------------------------------------------


def literal(text: str) -> str:
    """A witness's number as Python: a Fraction, a whole number, or the float that a hexadecimal string names."""
    number = value(text)
    if not isinstance(number, Fraction):
        return f'float("{text}")'
    if "x" in text:
        return repr(float.fromhex(text))
    if number.denominator == 1:
        return str(number)
    plain, side = beside(number)
    if not side:
        return _fraction(number)
    return f"{_fraction(plain)} {side} {_fraction(abs(number - plain))}"


def _fraction(number: Fraction) -> str:
    """F(n, d), with a long power of two of the denominator written as one."""
    if number.denominator == 1:
        return str(number.numerator)
    twos = (number.denominator & -number.denominator).bit_length() - 1
    if twos <= 60:
        return f"F({number.numerator}, {number.denominator})"
    odd = number.denominator >> twos
    return f"F({number.numerator}, {'' if odd == 1 else f'{odd} * '}2**{twos})"


def _row(numbers: Sequence[str]) -> str:
    return _list([literal(one) for one in numbers])


def _rows(matrix: Sequence[Sequence[str]]) -> str:
    return _list([_row(one) for one in matrix])


def _list(parts: Sequence[str]) -> str:
    """A Python list of these parts; in a long one, what stands there many times in a row is written once."""
    if len(parts) <= WRITTEN:
        return f"[{', '.join(parts)}]"
    runs = [(part, len(list(same))) for part, same in groupby(parts)]
    if len(runs) == 1:
        return f"[{parts[0]}] * {len(parts)}"
    told = (f"*[{part}] * {n}" if n > REPEATED else ", ".join([part] * n) for part, n in runs)
    return f"[{', '.join(told)}]"
