"""The collector of cycles, put off: it goes through all that is traced, and calls finalizers and other libraries' callbacks."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector until the block ends. Holding formulas against an operator takes a third less time so, and what it
    would call in the midst of a trace is not the operator's."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
