"""The operators of a callable: as it was registered, or as it stands, with the file from which it can be loaded again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import CodeType
from typing import Any

from axiomkd.core import modules
from axiomkd.core.layout import written
from axiomkd.core.operator import REGISTERED, Operator
from axiomkd.operators.frames import shorten
from axiomkd.operators.loading import plain


def operators_of(op: Operator | Callable[..., Any]) -> list[Operator]:
    """The operators that a callable was registered as, one a combination of parameters, or the one that it is."""
    if isinstance(op, Operator):
        return [op]
    registered = [one for one in REGISTERED if one.fn is op or _unbound(one) is op]
    return [_placed(replace(one, file=shorten(one.file))) for one in registered or [plain(op)]]


def _placed(one: Operator) -> Operator:
    """With a target, where a file holds the function under its name: it can be loaded again from there."""
    fn = _unbound(one)
    name, code = getattr(fn, "__name__", ""), getattr(fn, "__code__", None)
    module = sys.modules.get(str(getattr(fn, "__module__", "")))
    if one.target or not isinstance(code, CodeType) or modules.attribute(module, str(name)) is not fn:
        return one
    if code.co_filename != modules.file(module):
        return one
    return replace(one, target=f"{shorten(code.co_filename)}::{one.name if one.params else name}")


def _unbound(one: Operator) -> Any:
    return written(one.fn) if one.params or not isinstance(one.fn, partial) else one.fn
