"""Long tables of cases: a part of them is run at each change, all of them once a week."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def thinned(cases: Iterable[Any], every: int) -> list[Any]:
    """Each `every`-th of the cases, the first among them; the others are marked `slow`. A case of several values is a tuple."""
    out = []
    for n, case in enumerate(cases):
        values = case if type(case) is tuple else (case,)
        out.append(pytest.param(*values, marks=() if n % every == 0 else pytest.mark.slow))
    return out
