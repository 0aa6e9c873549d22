"""An operator run as it is written, on inputs of one dtype: JAX op by op, NumPy, or PyTorch with its parameters cast.

What comes back is the result's own numbers. It knows no exact value and judges nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.audit.cases import Case
from axiomkd.audit.widths import Width, of_result
from axiomkd.core.operator import Operator
from axiomkd.operators import returned
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.heat import temperature
from axiomkd.operators.language import Translated
from axiomkd.tracing.numerics import quick_compile

NO_BFLOAT16 = "NumPy has no bfloat16"


class Fails(Exception):
    """The operator raises, or returns no floats, in a dtype; the text says what."""


@dataclass(frozen=True)
class Result:
    """`raw` (C,) as the operator returned it, in its own dtype `width`; `q` (C,) its probabilities in float64."""

    raw: Any
    q: np.ndarray
    width: Width


def language(evaluator: Evaluator) -> str:
    """In what the operator is written: jax, numpy or torch."""
    operator = evaluator.operator
    if isinstance(operator.fn, Translated):
        return "torch"
    if evaluator.mode == "jax" or operator.backend == "jax":
        return "jax"
    return "jax" if operator.backend is None and _returns_jax(operator) else "numpy"


def _returns_jax(operator: Operator) -> bool:
    """Whether a function that cannot be traced computes in JAX all the same."""
    K, C = operator.small_sizes((2, 3))[0]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            P = np.full((K, C), 1 / C)
            now = 1.0 if operator.takes_temperature else None
            return isinstance(operator.fn(P, np.full(K, 1 / K), **temperature(operator, now, P)), jax.Array)
    except (Exception, SystemExit):
        return False


def _compiled(many: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled in one piece, every operation rounded to its own dtype: op by op each would be compiled alone."""
    quick = quick_compile()
    return jax.jit(many, compiler_options=None if quick is None else {**quick, "xla_allow_excess_precision": False})


@dataclass(frozen=True)
class Called:
    """`operator` as written in `speaks` (jax, numpy or torch), on inputs of `width`."""

    operator: Operator
    speaks: str
    width: Width

    def one(self, P: np.ndarray, w: np.ndarray, T: float | None) -> Result:
        """One call, P (K, C) and w (K,) rounded to the dtype first. Raises Fails."""
        return self._run(lambda: self._call(P, w, T), P.shape[1])

    def many(self, cases: Sequence[Case]) -> list[Result]:
        """The same at cases of one size; JAX takes those of one temperature together. Raises Fails."""
        if self.speaks != "jax" or len(cases) < 2:
            return [self.one(*case.made, case.T) for case in cases]
        found: dict[int, Result] = {}
        for T in dict.fromkeys(case.T for case in cases):
            places = [n for n, case in enumerate(cases) if case.T == T]
            try:
                results = self._together([cases[n] for n in places], T)
            except Exception:  # it cannot be mapped: what it is like by itself is found out one by one
                results = [self.one(*cases[n].made, T) for n in places]
            found.update(zip(places, results, strict=True))
        return [found[n] for n in range(len(cases))]

    def _together(self, cases: Sequence[Case], T: float | None) -> list[Result]:
        P, w = (np.stack([case.made[n] for case in cases]) for n in (0, 1))
        with self._own_width():
            many = jax.vmap(lambda P, w: self.operator.fn(P, w, **temperature(self.operator, T, P)))
            raw = np.asarray(_compiled(many)(jnp.asarray(P, self.width.dtype), jnp.asarray(w, self.width.dtype)))
        return [self._result(one, P.shape[2]) for one in raw]

    def rounded(self, x: np.ndarray) -> np.ndarray:
        """What the dtype makes of the numbers, in float64."""
        with np.errstate(all="ignore"):
            return np.asarray(x).astype(self.width.dtype).astype(float)

    def _own_width(self) -> Any:
        """JAX as its users have it: with float64 switched on where that is what is asked for, and else without."""
        return jax.enable_x64(self.width.name == "float64")

    def _call(self, P: np.ndarray, w: np.ndarray, T: float | None) -> Any:
        if self.speaks == "torch":
            from axiomkd.operators.torch import typed

            return typed.call(self.operator, self.width.name, P, w, T)
        with np.errstate(all="ignore"):
            given = [np.asarray(x).astype(self.width.dtype) for x in (P, w)]
        if self.speaks == "numpy":
            if self.width.name == "bfloat16":
                raise Fails(NO_BFLOAT16)
            return self.operator.fn(*given, **temperature(self.operator, T, given[0]))
        with self._own_width():
            arrays = [jnp.asarray(x) for x in given]
            return np.asarray(self.operator.fn(*arrays, **temperature(self.operator, T, arrays[0])))

    def _run(self, call: Callable[[], Any], C: int) -> Result:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return self._result(returned.array(call()), C)
        except Fails:
            raise
        except (Exception, SystemExit) as e:
            said = str(e).strip().splitlines() or [""]
            raise Fails(f"it raises {type(e).__name__}: {said[0][:160]}") from e

    def _result(self, raw: Any, C: int) -> Result:
        raw = np.asarray(raw)
        own = of_result(raw)
        if own is None:
            raise Fails(f"it returns {raw.dtype}, not floats")
        if raw.shape != (C,):
            raise Fails(f"it returns shape {raw.shape}, expected ({C},)")
        return Result(raw, as_probabilities(self.operator, raw), own.coarser(self.width))


def as_probabilities(operator: Operator, raw: np.ndarray) -> np.ndarray:
    """A result as probabilities in float64: logits and log-probabilities are turned into them here, with none of the dtype's
    rounding."""
    q = np.asarray(raw).astype(float)
    with np.errstate(all="ignore"):
        if operator.outputs == "logits":
            raised = np.exp(q - np.max(q))
            return raised / raised.sum()
        return np.exp(q) if operator.outputs == "log-probabilities" else q
