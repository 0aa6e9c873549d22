"""What sentences are made of: numbers as a reader wants them (a short fraction stays a fraction, anything longer becomes a
decimal), and names that were nearly right."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

# Set by the package that knows the exact numbers: turns one into a Fraction, or into a float where it is no fraction.
Reader = Callable[[Any], "Fraction | float | None"]
_READERS: list[Reader] = []


def register_reader(reader: Reader) -> None:
    """Teach `number` an exact type: `reader(x)` returns a Fraction, a float, or None where it does not know x."""
    _READERS.append(reader)


def number(x: Any) -> str:
    """x as text: `3/40`, or six significant digits where the fraction would be long."""
    for reader in _READERS:
        known = reader(x)
        if known is not None:
            x = known
            break
    if isinstance(x, Fraction) and x.denominator < 10_000 and abs(x.numerator) < 100_000:
        return str(x)
    value = float(x)
    short = f"{value:.6g}"
    # 0.5 for 0.49999995 would read as if it were exact, and two different numbers as one.
    return f"{value:.12g}" if len(short) < 7 and float(short) != value else short


def compared(*numbers: Any) -> list[str]:
    """Each as text, to be held against the others: beside a decimal a fraction has its own, `2/15 (0.133333)`."""
    told = [number(x) for x in numbers]
    if not any("/" in one for one in told) or not any("." in one for one in told):
        return told
    return [f"{one} ({float(Fraction(one)):.6g})" if "/" in one else one for one in told]


MANY = 8  # numbers that a sentence can bear


def listed(numbers: Iterable[float]) -> str:
    """`[0.25, 0.75]` with every digit, or the first of a long list with how many are left out."""
    every = [float(x) for x in numbers]
    some = every if len(every) <= MANY else every[: MANY - 2]
    more = len(every) - len(some)
    return f"[{', '.join(map(repr, some))}{f', … {more} more' if more else ''}]"


def meant(name: str, known: Iterable[str]) -> str:
    """The names that are near to one, at most three, `hull or pull`; "" where none is."""
    return " or ".join(difflib.get_close_matches(name, list(dict.fromkeys(known)), n=3, cutoff=0.5))


def unknown(what: str, name: str, known: Iterable[str], has: str = "there are") -> str:
    """The sentence about a name that there is not: `no reading 'hul'; did you mean hull? There are simplex, unanimity, …`."""
    near = meant(name, known := list(known))
    hint = f"did you mean {near}? {has[:1].upper()}{has[1:]}" if near else has
    return f"no {what} {name!r}; {hint} {', '.join(known)}."
