"""An operator made callable: on float batches (`batch`), on exact numbers (`exact`), and under gradients (`traceable`).

Whatever the user wrote (JAX or NumPy, probabilities or logits) comes out as A(P, w[, T]) on probabilities. It knows how to call
and refuses to know what is asked.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.core import layout as layouts
from axiomkd.core.allowance import Allowance
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.layout import NoBatch
from axiomkd.core.operator import Operator
from axiomkd.core.shapes import ManyWeights, Panel, Panels, Row, Rows, Weights
from axiomkd.core.softener import Softener
from axiomkd.core.tolerances import REPEAT
from axiomkd.operators import guess, held, losses, returned, roundoff, stopping
from axiomkd.operators.backends import agreement
from axiomkd.operators.backends.array import exact_array
from axiomkd.operators.backends.scalar import values
from axiomkd.operators.followed import Followed
from axiomkd.operators.frames import said, user_traceback
from axiomkd.operators.heat import exact_temperature, leading, temperature, trailing
from axiomkd.operators.language import Translated, settled, two_answers
from axiomkd.operators.price import Clock, Price
from axiomkd.operators.recorder import recording
from axiomkd.operators.roundoff import Roundoff
from axiomkd.tracing.aten.graph import Untranslated
from axiomkd.tracing.exact import Unsupported, evaluate, object_array
from axiomkd.tracing.narrow import narrow
from axiomkd.tracing.numbers import precision, to_float
from axiomkd.tracing.numerics import faithful_compile, quick_compile
from axiomkd.tracing.work import better_alone, work

# Doubles in one call: the flat optimum of B*K*C on a CPU.
WORK = 32_768
LARGEST = 4096
FEW = 16  # points that NumPy code is called on one by one, whatever it does with whole batches: what concludes looks at so few
PAIR = 2  # and those of a loss that a minimiser looks for one by one
SMALLEST, SOME = 64, 512  # points in a padded call, at least, and where there are few
FEWER, OFTEN = 128, 24  # after so many calls at a size with so few points, a shape for them is worth its compilation
LOOPS = 500  # numbers computed at a point above which padding few points to many costs more than compiling twice
SHARES = ((1e4, 1), (1e5, 8), (float("inf"), 32))  # one case in so many, by the numbers computed at a point
# Numbers computed at a point of a size from which even few points of it take as long as the rest of a search, and how many
# points are computed together there.
MUCH, TOGETHER = 3e5, 16
ONE_BY_ONE = (8, 16, 24, 32, 64, 64)  # by the price of a call
LINES = (8, 8, 4, 3, 1, 1)  # on which its rounding is measured, by price
STOPS = (400, 300, 150, 100, 20, 10)  # calls with which a tolerance that it stops at is looked for, by price
STEPPED, STEPS = (
    ((3, 4), (3, 3), (2, 3)),
    24,
)  # where it is looked at whether results come in steps, and at how many points
REMEMBERED = 1 << 20  # numbers (entries of P, w and the result) kept of points that were evaluated one by one
NUMPY_FAILS = "its NumPy code does not run on exact numbers"


def batch_size(K: int, C: int) -> int:
    """Cases in one padded call: one shape for each (K, C), so that JAX compiles once."""
    return int(np.clip(WORK // (K * C), 64, LARGEST))


class Evaluator:
    """One operator, ready to be called.

    `exactly` says whether exact evaluation is possible at all; `why_not_exact` names what is in the way. `mode` is "jax" (traced,
    jitted), "numpy" (whole batches with a batch axis of its own), or "single" (one point a call).

    `price` is what a call costs at small sizes, `prices` the same by size, `allowance` how many calls are left. A point that was
    evaluated one by one is not evaluated again.
    """

    def __init__(
        self, operator: Operator, softener: Softener, K: int | None = None, C: int | None = None, *, hurry: bool = False
    ) -> None:
        """K and C: a size at which it may be called, (2, 3) or the least that it supports if left out.

        `hurry`: compile quickly rather than well, for searches so short that compiling is what costs."""
        self.operator = operator = losses.judged(guess.settled(settled(operator)))
        self.softener = softener
        self.why_not_exact = ""
        self.calls = 0
        self.hurry = hurry
        self.price = Price()
        self.prices: dict[tuple[int, int], Price] = {}
        self._works: dict[tuple[int, int], float] = {}
        self.allowance = Allowance()
        self._known: dict[tuple[bytes, bytes, float | bytes | None], np.ndarray] = {}
        self._remembered = 0
        # NumPy code as JAX traces it, once found: where to look, and nothing to conclude from.
        self.twin: Evaluator | None = None
        self.outcomes: dict[Any, Any] = {}  # of exact looks, by whoever takes them
        self._whole: Callable = self._trailing
        self._few: Counter[tuple[int, int]] = Counter()  # calls with few points, by size
        self._jitted: dict[tuple[int, int, bool, int, bool], Callable] = {}
        self._jaxprs: dict[tuple[int, int, bool, bool], Any] = {}
        self._followed = Followed()
        ((least_K, least_C),) = operator.small_sizes((2, 3))
        self._size = K, C = (K or least_K, C or least_C)
        self._dtypes: set[Any] = set()
        self.mode = self._find_mode(K, C)
        self.exactly = self._find_exact(K, C)

    # --- what the user wrote, as a function of probabilities -------------------------------------------------------------

    def plain(self, P: Any, w: Any, T: Any = None) -> Any:
        """One call of the user's function, logits converted, nothing else touched."""
        if self.operator.takes_logs:
            P = np.log(P) if isinstance(P, np.ndarray) else jnp.log(P)
        return self.raw(P, w, T)

    def raw(self, P: Any, w: Any, T: Any = None) -> Any:
        """One call of the user's function on what it takes, probabilities or logits; the result as probabilities."""
        operator = self.operator
        q = returned.array(operator.fn(P, w, **temperature(operator, T, P)))
        self._dtypes.add(getattr(q, "dtype", None))
        if operator.outputs == "logits":
            q = _softmax_numpy(np.asarray(q)) if isinstance(q, np.ndarray) else jax.nn.softmax(jnp.asarray(q))
        elif operator.outputs == "log-probabilities":
            q = np.exp(np.asarray(q)) if isinstance(q, np.ndarray) else jnp.exp(jnp.asarray(q))
        return q

    def traceable(self, P: jax.Array, w: jax.Array, T: jax.Array | None = None) -> jax.Array:
        """A(P, w[, T]) on JAX values, for jit, vmap and grad; T is one, or (K,) where it takes one a teacher."""
        return jnp.asarray(self.plain(P, w, T))

    # --- modes -----------------------------------------------------------------------------------------------------------

    def _find_mode(self, K: int, C: int) -> str:
        if self.operator.backend == "numpy":
            return self._numpy_mode(K, C)
        try:
            self.jaxpr(K, C, self.operator.takes_temperature)
            return "jax"
        except Exception as e:
            self._trace_error = e
            if isinstance(self.operator.fn, Translated):
                self.operator.fn.why = str(e) if isinstance(e, Untranslated) else said(e)[:200]
            if self.operator.backend == "jax" and not _is_concretization(e) and not self.operator.is_loss:
                return "jax"
        return self._numpy_mode(K, C)

    def _numpy_mode(self, K: int, C: int) -> str:
        """Whole batches where the function takes them with one batch axis more, in one of three places: each is held against
        single calls at several sizes, on faces too."""
        sizes = [size for size in ((K, C), (3, 4), (4, 3), (3, 3)) if self.operator.supports(*size)]
        # Of batches that share their weights no single call is made of many panels.
        own = self.operator.call.layout.batched and self.operator.call.weights != "K"
        ways = (self._by_vmap,) if isinstance(self.operator.fn, Translated) else ()
        tried = (self._batch_of_its_own,) if own else (self._trailing, self._leading, self._leading_rows, *ways)
        if losses.found_in_floats(self.operator):  # each size is a compilation, and there is no other way to many
            sizes, tried = sizes[:2], ways
        for whole in tried:
            if sizes and all(self._takes(whole, *size) for size in sizes):
                self._whole = whole
                return "numpy"
        return "single"

    def _takes(self, whole: Callable, K: int, C: int) -> bool:
        rng = np.random.default_rng(7)
        P, w = rng.dirichlet(np.ones(C), (7, K)), rng.dirichlet(np.ones(K), 7)
        if self.operator.domain != "interior":
            P[5:] = np.eye(C)[rng.integers(C, size=(2, K))]
            w[6] = np.eye(K)[0]
        own = self.operator
        T = rng.uniform(0.5, 2, (7, K) if own.each_temperature else 7) if own.takes_temperature else None
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                many = whole(P, w, T)
                each = np.stack([np.asarray(self._single(P[i], w[i], None if T is None else T[i])) for i in range(7)])
        except Exception:
            return False
        return many.shape == each.shape and np.allclose(
            many, each, rtol=0, atol=getattr(own.fn, "near", 1e-13), equal_nan=True
        )

    @cached_property
    def backend(self) -> str:
        return "jax" if self.mode == "jax" else "numpy"

    # --- how coarsely it computes ----------------------------------------------------------------------------------------

    @cached_property
    def rounding(self) -> Roundoff:
        """The coarsest arithmetic seen: in the trace, in the results, and, where nothing can be followed, in its noise."""
        now = self.operator.takes_temperature
        known = self.exactly or losses.found_in_floats(self.operator)  # a minimiser says itself what it leaves
        grids, noise = ([], []) if known else self._noise(1.0 if now else None)
        seen = [roundoff.of_dtype(dtype) for dtype in list(self._dtypes) if dtype is not None]
        seen.append(getattr(self.operator.fn, "rounding", None))  # of a minimiser
        if self.mode == "jax":
            try:
                seen.append(roundoff.of_jaxpr(self.jaxpr(*self._size, now)))
            except Exception:
                pass  # it is told elsewhere that this operator cannot be traced
        return roundoff.coarser(roundoff.coarsest(seen), noise, grids)

    def detect(self) -> float:
        """The violation below which a float margin is no candidate."""
        return self.rounding.detect

    def _noise(self, now: float | None) -> tuple[list[Roundoff | None], list[Roundoff | None]]:
        """What results show at once, and what is measured."""
        K, C = self._size
        lines = LINES[self.price.number]
        rng = np.random.default_rng((K, C, 3))
        try:
            q = self.batch(rng.dirichlet(np.ones(C), (8, K)), rng.dirichlet(np.ones(K), 8), now)
            noise = roundoff.measured(lambda P, w: self.batch(P, w, now), K, C, lines)
            return [roundoff.on_grid(q), self._stairs(q, now)], [noise, self._stopping(now)]
        except Misbehaviour:
            return [], []  # whoever calls it next hears of it

    def _stairs(self, q: np.ndarray, now: float | None) -> Roundoff | None:
        """Whether results like these few come in steps: asked where so many teachers vote that shares of votes do not."""
        if roundoff.on_stairs(q, sums=False) is None:
            return None
        K, C = next((size for size in STEPPED if self.operator.supports(*size)), self._size)
        rng = np.random.default_rng((K, C, 19))
        many = self.batch(rng.dirichlet(np.ones(C), (STEPS, K)), rng.dirichlet(np.ones(K), STEPS), now)
        return roundoff.on_stairs(many, sums=C > 2)

    def _stopping(self, now: float | None) -> Roundoff | None:
        """What a solver inside leaves undone, where the number of its steps can be seen."""
        if self.mode == "jax":
            return None
        size = (3, 3) if self.operator.supports(3, 3) else self._size

        def call(P: np.ndarray, w: np.ndarray) -> Any:
            return self.checked(P, w, now)

        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            step, calls = stopping.tolerance(call, *size, STOPS[self.price.number])
        self.allowance.take(calls)
        return roundoff.of_solver(step)

    def extended(self, P: Panels, w: ManyWeights, T: Any = None) -> Rows | None:
        """A on batches in extended precision and range; None where NumPy has none, or the operator does not keep it."""
        if self.mode == "jax" or np.finfo(np.longdouble).tiny >= np.finfo(float).tiny:
            return None
        out = []
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for i in range(len(P)):
                now = None if T is None else np.longdouble(np.broadcast_to(T, (len(P),))[i])
                try:
                    q = self.plain(np.array(P[i], np.longdouble), np.array(w[i], np.longdouble), now)
                except Exception:
                    return None
                if getattr(q, "dtype", None) != np.longdouble or np.shape(q) != P.shape[2:]:
                    return None
                out.append(q)
        return np.stack(out)

    # --- exact -----------------------------------------------------------------------------------------------------------

    def _find_exact(self, K: int, C: int) -> bool:
        third = np.full((K, C), 0, dtype=object)
        third[...] = object_array([[f"1/{C}"] * C] * K)
        try:
            self.exact(third, object_array([f"1/{K}"] * K), self._one_exact())
        except Unsupported as e:
            self.why_not_exact = _why(e, self.operator)
            return False
        except Misbehaviour as e:
            self.why_not_exact = str(e)
            return False
        except Exception:
            pass
        if self.mode != "jax":
            self.why_not_exact = self._disagreement(K, C)
        return not self.why_not_exact

    def _disagreement(self, K: int, C: int) -> str:
        now, one = (1.0, self._one_exact()) if self.operator.takes_temperature else (None, None)
        return agreement.disagreement(
            lambda P, w: self.exact(P, w, one),
            lambda P, w: self.batch(P, w, now),
            self.operator.supports,
            (K, C),
            self.operator.domain == "interior",
        )

    def _one_exact(self) -> Any:
        return object_array(1)[()] if self.operator.takes_temperature else None

    def jaxpr(self, K: int, C: int, with_T: bool, *, each: bool = False) -> Any:
        """The operator's jaxpr at a size, traced once: of one T, or (`each`) of one a teacher."""
        key = (K, C, with_T, each)
        if key not in self._jaxprs:
            self._jaxprs[key] = self.traced(K, C, with_T, each=each)
        return self._jaxprs[key]

    def traced(self, K: int, C: int, with_T: bool, *, each: bool = False) -> Any:
        """The operator traced anew."""
        args = [jax.ShapeDtypeStruct((K, C), jnp.float64), jax.ShapeDtypeStruct((K,), jnp.float64)]
        if with_T:
            args.append(jax.ShapeDtypeStruct((K,) if each else (), jnp.float64))
        return jax.make_jaxpr(self.traceable)(*args)

    def exact(self, P: Panel, w: Weights, T: Any = None, *, bits: int = 256) -> Row:
        """A at exact numbers: P (K, C), w (K,) object arrays, T one number, an object array of K, or None -> (C,) object array.

        Elements may be inf or nan: undefined there. Raises Undecided, or Unsupported where the operator cannot be followed.
        """
        self.calls += 1
        K, C = P.shape
        self.allowance.take(0 if self.mode == "jax" else self.calls_worth(P.shape))
        if self.mode == "jax":
            args = [P, w] if T is None else [P, w, np.array(T, dtype=object)]
            each = isinstance(T, np.ndarray) and T.ndim == 1
            (q,) = evaluate(self.jaxpr(K, C, T is not None, each=each), args, bits=bits)
            if isinstance(self.operator.fn, Translated):
                held.at(self, P, w, T, q)
            return q
        return self._exact_numpy(P, w, T, bits)

    def _exact_numpy(self, P, w, T, bits: int) -> np.ndarray:
        from axiomkd.tracing.numbers import Undecided

        with precision(bits), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                q = values(self._object_call(P, w, T))
                if q.shape != P.shape[1:]:
                    raise TypeError(f"the result has the shape {q.shape}")
                return q
            except (Undecided, Unsupported):
                raise
            except Exception as e:
                raise Unsupported(f"{NUMPY_FAILS} ({said(e)[:160]})", None) from e

    def _object_call(self, P, w, T):
        operator = self.operator
        point = [np.vectorize(to_float, otypes=[float])(x)[None] for x in (P, w)]
        P, w = exact_array(P), exact_array(w)
        if operator.takes_logs:
            P = np.log(P)
        with recording(*point):  # an operator may end its process at exact numbers, too
            q = returned.array(operator.fn(P, w, **exact_temperature(operator, T, len(w))))
        if not isinstance(q, np.ndarray) or q.dtype != object:
            q = np.asarray(q)
            if q.dtype != object and not np.issubdtype(q.dtype, np.integer) and q.dtype != bool:
                raise TypeError("the result lost its exact numbers on the way (a float array)")
        if operator.outputs == "logits":
            raised = np.exp(q - np.max(q))
            q = raised / raised.sum()
        elif operator.outputs == "log-probabilities":
            q = np.exp(q)
        return q

    # --- floats ----------------------------------------------------------------------------------------------------------

    def batch(self, P: Panels, w: ManyWeights, T: Any = None) -> Rows:
        """A on floats: P (B, K, C), w (B, K), T None, a number, (B,), or (B, K) for an operator that takes one a teacher -> (B, C);
        NaN where undefined. Any B."""
        return self._batch(P, w, T, suggests=False)

    def suggested(self, P: np.ndarray, w: np.ndarray, T: Any = None) -> np.ndarray:
        """`batch`, for what only suggests: where exact arithmetic decides afterwards, the trace is run in NumPy until compiling
        pays. The last digits may be others than those of compiled code."""
        return self._batch(P, w, T, suggests=self.exactly)

    def _batch(self, P: np.ndarray, w: np.ndarray, T: Any, *, suggests: bool) -> np.ndarray:
        B, K, C = P.shape
        self.calls += B
        if T is not None and np.ndim(T) < 2:
            T = np.broadcast_to(np.asarray(T, float), (B,))
        if self.mode == "jax" and self._is_translated(K, C, T is not None):
            if T is not None and np.ndim(T) == 1 and self.operator.each_temperature:
                T = np.repeat(T[:, None], K, axis=1)  # one compilation serves both
            q = self._in_numpy(P, w, T) if suggests else None
            return self._padded(P, w, T, self._shape_for(B, K, C)) if q is None else q
        if self.mode == "numpy" and B > (PAIR if losses.found_in_floats(self.operator) else FEW):
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self._whole(P, w, T)
        return self._one_by_one(P, w, T)

    def _in_numpy(self, P: np.ndarray, w: np.ndarray, T: Any) -> np.ndarray | None:
        """What the trace gives in NumPy; None where it had better be compiled."""
        _, K, C = P.shape
        given = [P, w] if T is None else [P, w, T]
        return self._followed.run(
            self.jaxpr(K, C, T is not None, each=T is not None and np.ndim(T) == 2), given, batch_size(K, C)
        )

    def _is_translated(self, K: int, C: int, with_T: bool) -> bool:
        """Whether a JAX function is there at a size: of another language's there may be none, and it runs itself."""
        if isinstance(self.operator.fn, Translated):
            try:
                self.jaxpr(K, C, with_T)
            except Unsupported:
                return False
        return True

    def really(self, P: Panels, w: ManyWeights, T: Any = None) -> Rows:
        """The user's own function on floats, point by point, whatever it is translated to; NaN where it raises. As `batch`."""
        out = np.full((len(P), P.shape[2]), np.nan)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for i in range(len(P)):
                now = () if T is None else (np.broadcast_to(T, (len(P),))[i] if np.ndim(T) < 2 else T[i].copy(),)
                try:
                    q = np.asarray(self.plain(P[i].copy(), w[i].copy(), *now), float)
                except (Exception, SystemExit):  # undefined there; what it does wrong inside is told elsewhere
                    continue
                out[i] = q if q.shape == P.shape[2:] else np.nan
        return out

    def padded_to(self, B: int, K: int, C: int) -> int:
        """Points of one compiled call. Where each has much to compute, few points are not padded to as many as usual."""
        size = TOGETHER if self.work_at(K, C) > MUCH else max(batch_size(K, C) // self.share, SMALLEST)
        return min(size, SOME) if B <= SOME and self.work > LOOPS else size

    def _shape_for(self, B: int, K: int, C: int) -> int:
        """`padded_to`, or fewer where few points are asked for often and compiling is cheap."""
        size = self.padded_to(B, K, C)
        if B > FEWER or size <= FEWER or self.work > LOOPS:
            return size
        self._few[K, C] += 1
        return FEWER if self._few[K, C] > OFTEN else size

    @cached_property
    def work(self) -> float:
        """Numbers computed at one point of a small size; 0 where that cannot be counted."""
        return self.work_at(*self._size)

    def work_at(self, K: int, C: int) -> float:
        """Numbers computed at one point of a size; 0 where that cannot be counted. Decompositions grow faster than the rows."""
        if self.mode != "jax" or not self._is_translated(K, C, self.operator.takes_temperature):
            return 0.0
        if (K, C) not in self._works:
            self._works[K, C] = float(work(self.jaxpr(K, C, self.operator.takes_temperature).jaxpr))
        return self._works[K, C]

    @cached_property
    def narrow(self) -> bool:
        """Whether it is traced, and computes with whole numbers that wrap at some hundred classes."""
        return self.mode == "jax" and narrow(self.jaxpr(*self._size, self.operator.takes_temperature).jaxpr)

    def _padded(self, P: Panels, w: ManyWeights, T, size: int) -> Rows:
        call = self._compiled(P.shape[1], P.shape[2], T is not None, size, np.ndim(T) == 2)
        out = []
        for start in range(0, len(P), size):
            stop = min(start + size, len(P))
            part = [P[start:stop], w[start:stop]] + ([] if T is None else [T[start:stop]])
            if stop - start < size:
                part = [np.concatenate([x, np.repeat(x[:1], size - (stop - start), axis=0)]) for x in part]
            with recording(*part):
                out.append(np.asarray(call(*part))[: stop - start])
        return out[0] if len(out) == 1 else np.concatenate(out)

    def _compiled(self, K: int, C: int, with_T: bool, B: int, each: bool = False) -> Callable:
        key = (K, C, with_T, B, each)
        if key not in self._jitted:
            options = quick_compile() if self.hurry else faithful_compile()
            alone = better_alone(self.jaxpr(K, C, with_T, each=each).jaxpr)
            whole = (lambda *x: jax.lax.map(lambda one: self.traceable(*one), x)) if alone else jax.vmap(self.traceable)
            made = jax.jit(whole, compiler_options=options)
            shapes = [(B, K, C), (B, K)] + ([(B, K) if each else (B,)] if with_T else [])
            # Compiled by itself, so that a long compilation is not taken for a call that does not come back.
            self._jitted[key] = made.lower(*(jax.ShapeDtypeStruct(x, jnp.float64) for x in shapes)).compile()
        return self._jitted[key]

    def _trailing(self, P, w, T) -> np.ndarray:
        """The NumPy operator on (K, C, B) and (K, B): axis 0 and 1 mean what they mean to the user."""
        P, w = np.ascontiguousarray(np.moveaxis(P, 0, -1)), np.ascontiguousarray(w.T)
        q = np.asarray(self.plain(P, w, trailing(self.operator, T, len(w))), dtype=float)
        return np.ascontiguousarray(np.moveaxis(q, -1, 0))

    def _leading(self, P, w, T) -> np.ndarray:
        """The NumPy operator on (B, K, C) and (B, K): code that counts its axes from the end."""
        return np.asarray(self.plain(P.copy(), w.copy(), leading(self.operator, T, P.shape[1])), dtype=float)

    def _leading_rows(self, P, w, T) -> np.ndarray:
        """The NumPy operator on (B, K, C) and (B, 1, K): `w @ P` is a stack of rows then."""
        q = self.plain(P.copy(), w[:, None, :].copy(), leading(self.operator, T, P.shape[1], rows=True))
        return np.asarray(q, dtype=float)[:, 0]

    def _by_vmap(self, P, w, T) -> np.ndarray:
        """The operator on a batch as its own language makes one of a function of a point."""
        P = np.log(P) if self.operator.takes_logs else P.copy()
        each = T is not None and self.operator.each_temperature and np.ndim(T) == 1
        q = np.asarray(self.operator.fn.many(P, w.copy(), np.repeat(T[:, None], P.shape[1], 1) if each else T), float)  # type: ignore[attr-defined]
        if self.operator.outputs == "logits":
            return _softmax_numpy(q.T).T
        return np.exp(q) if self.operator.outputs == "log-probabilities" else q

    def _batch_of_its_own(self, P, w, T) -> np.ndarray:
        """The NumPy operator on a batch as it is declared to take them, where no temperature differs from panel to panel."""
        operator = self.operator
        if T is not None and np.ptp(T, axis=0).any():
            return self._one_by_one(P, w, T)
        given = np.log(P) if operator.takes_logs else P.copy()
        q = np.asarray(
            layouts.batch(operator.fn)(given, w.copy(), **temperature(operator, None if T is None else T[0], P[0]))
        )
        if operator.outputs == "logits":
            return _softmax_numpy(q.T).T
        return np.exp(q) if operator.outputs == "log-probabilities" else np.asarray(q, dtype=float)

    def _one_by_one(self, P: Panels, w: ManyWeights, T) -> Rows:
        out = np.full((len(P), P.shape[2]), np.nan)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for i in range(len(P)):
                out[i] = self._once(P[i], w[i], None if T is None else float(T[i]) if np.ndim(T) == 1 else T[i])
        return out

    def _once(self, P: Panel, w: Weights, T: float | np.ndarray | None) -> Row:
        """The aggregate at one point, called for only where it is not known. Raises OutOfCalls."""
        key = P.tobytes(), w.tobytes(), T.tobytes() if isinstance(T, np.ndarray) else T
        q = self._known.get(key)
        if q is None:
            self.allowance.take(self.calls_worth(P.shape))
            q = self.checked(P, w, T)
            self._remembered += P.size + len(w) + len(q)
            if self._remembered > REMEMBERED:
                self._known.clear()
                self._remembered = 0
            self._known[key] = q
        return q

    def calls_worth(self, size: tuple[int, ...]) -> int:
        """What a call at a size costs, in calls at small sizes."""
        dearer = self.prices.get((size[0], size[1]), self.price).number - self.price.number
        return 10 ** max(dearer, 0)

    @property
    def share(self) -> int:
        """One in how many cases is looked at, of those that whole batches of a plain pool get: one point a call is some hundred
        times slower, and so is a point with loops in it."""
        if self.mode == "single":
            return ONE_BY_ONE[self.price.number]
        if hasattr(self.operator.fn, "share"):
            return self.operator.fn.share
        return next(share for most, share in SHARES if self.work <= most)

    def _single(self, P, w, T=None) -> Any:
        return self.plain(P.copy(), w.copy(), T)

    def checked(self, P: Panel, w: Weights, T: float | np.ndarray | None = None, clock: Clock | None = None) -> Row:
        """One call on floats with the operator's manners checked. Raises Misbehaviour at an interior point.

        At a boundary point an exception of the operator's means "undefined": the result is NaN. `clock` times the user's
        function alone: what is checked around it costs more than a plain pool does.
        """
        given_P, given_w = P.copy(), w.copy()
        each = T.tolist() if isinstance(T, np.ndarray) else None
        point = {"P": P.tolist(), "w": w.tolist(), "T": None if each else T, "Ts": each}
        given = given_P, given_w, T.copy() if isinstance(T, np.ndarray) else T
        try:
            q = self.plain(*given) if clock is None else clock.time(lambda: self.plain(*given))
        except (returned.NoArray, NoBatch) as e:
            raise Misbehaviour(str(e), point) from None
        except Misbehaviour:  # what a loss has no target for is said where it is looked for
            raise
        except (Exception, SystemExit) as e:
            if isinstance(e, Exception) and not (np.all(P > 0) and np.all(w > 0)):
                return np.full(P.shape[1], np.nan)
            if returned.forgets(e):
                raise Misbehaviour(returned.STATE, point, user_traceback(e)) from e
            raise Misbehaviour(f"raised {said(e)}{returned.remedy(e)}", point, user_traceback(e)) from e
        pairs = {"P": (given_P, P), "w": (given_w, w)}
        changed = [name for name, pair in pairs.items() if not np.array_equal(*pair, equal_nan=True)]
        if changed:
            copies = ", ".join(f"{name} = {name}.copy()" for name in changed)
            raise Misbehaviour(f"changed {' and '.join(changed)} in place. Work on a copy: {copies}", point)
        return self.as_floats(q, P.shape, point)

    def as_floats(self, q, shape, point) -> np.ndarray:
        K, C = shape
        if returned.leaked(q):
            raise Misbehaviour(returned.STATE, point)
        try:
            q = np.asarray(q)
        except Exception as e:
            raise Misbehaviour(f"returned {type(q).__name__}, expected an array of shape ({C},)", point) from e
        if q.dtype.kind not in "fiub" and not jnp.issubdtype(q.dtype, jnp.floating):
            raise Misbehaviour(returned.of_dtype(q), point)
        if q.shape != (C,):
            batches = "" if self.operator.call.layout.batched else guess.stacked(self.operator, q.shape, K, C)
            raise Misbehaviour(returned.of_shape(self.operator.name, q.shape, K, C, batches), point)
        return q.astype(float)

    def repeatable(self, P: np.ndarray, w: np.ndarray, before: np.ndarray, T: Any = None) -> None:
        """Call again at points already evaluated, one by one. Raises Misbehaviour where the answer changed."""
        for i in range(len(P)):
            each = T[i] if isinstance(T, np.ndarray) and T.ndim == 2 else None
            at = None if T is None or each is not None else float(np.broadcast_to(T, (len(P),))[i])
            again = self.checked(P[i], w[i], at if each is None else each)
            if not np.allclose(again, before[i], rtol=REPEAT, atol=REPEAT, equal_nan=True):
                point = {"P": P[i].tolist(), "w": w[i].tolist(), "T": at}
                raise Misbehaviour(two_answers(self.operator.fn, P[i], before[i], again), point)


def _why(e: Unsupported, operator: Operator) -> str:
    if isinstance(e, Untranslated) and losses.found_in_floats(operator):
        return str(e)
    if isinstance(e, Untranslated):
        return f"its PyTorch code is not translated: {e}"
    if e.primitive.startswith(NUMPY_FAILS):
        return e.primitive
    return f"no exact rule for `{e.primitive}`" + (f" ({e.where})" if e.where else "")


def _softmax_numpy(z: np.ndarray) -> np.ndarray:
    raised = np.exp(z - np.max(z, axis=0))
    return raised / np.sum(raised, axis=0)


def _is_concretization(e: Exception) -> bool:
    return isinstance(
        e, jax.errors.ConcretizationTypeError | jax.errors.TracerArrayConversionError | jax.errors.JAXTypeError
    )
