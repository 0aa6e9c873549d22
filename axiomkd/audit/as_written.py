"""An operator in one dtype, as a reproducer calls it: as it is written, and exactly at the same inputs.

A public value (`axiomkd.AsWritten`): what it does is what an audit does at one point.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from axiomkd.audit.calling import Called, language
from axiomkd.audit.reference import Reference, as_floats
from axiomkd.audit.widths import width
from axiomkd.core.audit import DTYPES
from axiomkd.core.errors import UsageError
from axiomkd.core.operator import Operator
from axiomkd.core.softener import DEFAULT, softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.loading import load
from axiomkd.operators.objects import operators_of
from axiomkd.tracing.numerics import float64


class AsWritten:
    """A(P, w[, T]) as it is written, on inputs rounded to `dtype` (float64, float32, bfloat16, float16).

    `op` is a target ("my_op.py::name") or a callable; P is (K, C): what the operator takes, probabilities or logits, and w is (K,).
    Raises UsageError on an unknown dtype or a target that holds no single operator.
    """

    def __init__(self, op: str | Operator | Callable[..., Any], dtype: str) -> None:
        if dtype not in DTYPES:
            raise UsageError(f"no dtype {dtype!r}; there are {', '.join(DTYPES)}.")
        with float64():
            found = load(op) if isinstance(op, str) else operators_of(op)
            if len(found) != 1:
                raise UsageError(f"{op} names {len(found)} operators: {', '.join(one.target for one in found)}.")
            self._evaluator = Evaluator(found[0], softener(DEFAULT), hurry=True)
            self._speaks = language(self._evaluator)
        self._width = width(dtype)

    @cached_property
    def _reference(self) -> Reference:
        operator = self._evaluator.operator
        if self._speaks == "torch":
            from axiomkd.operators.torch.typed import rounded

            operator = rounded(operator, self._width.name)
        return Reference(Called(operator, self._speaks, self._width), self._evaluator)

    def __call__(self, P: Any, w: Any, T: float | None = None) -> np.ndarray:
        """The result (C,) in the dtype in which the operator returns it, what it returns turned into nothing else."""
        with float64():
            return self._reference.called.one(np.asarray(P, float), np.asarray(w, float), T).raw

    def exact(self, P: Any, w: Any, T: float | None = None) -> np.ndarray:
        """The exact probabilities (C,) at the same inputs as the dtype has them, each rounded to float64. Raises ValueError
        where they cannot be had."""
        called = self._reference.called
        with float64():
            q = self._reference.exact(called.rounded(np.asarray(P)), called.rounded(np.asarray(w)), T)
        if q is None:
            raise ValueError("the operator cannot be followed exactly at this point")
        return as_floats(q)

    def in_float64(self, P: Any, w: Any, T: float | None = None) -> np.ndarray:
        """The operator's own probabilities (C,) in float64, at the inputs as the dtype has them."""
        called = self._reference.called
        with float64():
            return self._reference.itself(called.rounded(np.asarray(P)), called.rounded(np.asarray(w)), T)
