"""How an operator behaves before any axiom is asked: shape, type, repeatability, untouched inputs.

`announce` names each point before it is called, so that a process that does not come back leaves a reproducer.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from axiomkd.core.errors import Misbehaviour
from axiomkd.core.events import Calling
from axiomkd.core.operator import Operator
from axiomkd.core.softener import Softener
from axiomkd.core.tolerances import REPEAT
from axiomkd.operators import alike, guess, held, losses, mixing, returned, signatures
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.heat import temperature
from axiomkd.operators.language import Translated, knows_torch, settled, two_answers
from axiomkd.operators.price import Clock, price_of
from axiomkd.tracing import numbers
from axiomkd.tracing.exact import Undecided, Unsupported, evaluate, object_array
from axiomkd.tracing.outside import calls_out
from axiomkd.tracing.uncompiled import uncompiled

POINTS = 6
FEW = 2  # of them where a call is dear
DEAR = 4  # the class of price from which it is
SMALL = 20  # K·C of the sizes at which an operator's price is found, and of those that are called again in other ways


class Manners:
    """The first and the last calls of one operator."""

    def __init__(
        self, operator: Operator, softener: Softener, sizes: Sequence[tuple[int, int]], *, hurry: bool = False
    ) -> None:
        self.operator = operator = settled(operator)
        self.softener = softener
        self.sizes = list(sizes)
        self.hurry = hurry
        self.first: dict[tuple[int, int], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._seconds: dict[tuple[int, int], float] = {}

    def announce(self) -> Iterator[Calling]:
        """The point that the operator is about to be called at for the first time."""
        P, w = self._points(self.sizes[0])
        yield Calling(
            operator=self.operator.name,
            P=P[0].tolist(),
            w=w[0].tolist(),
            T=1.0 if self.operator.takes_temperature else None,
            note="the first call",
        )

    def meet(self) -> Evaluator:
        """Call the operator at a few interior points of each size. Raises Misbehaviour."""
        wrong = signatures.misfit(self.operator)
        if wrong is not None:
            P, w = self._points(self.sizes[0])
            raise Misbehaviour(wrong, {"P": P[0].tolist(), "w": w[0].tolist(), "T": None})
        self._twice()
        self.operator = guess.settled(self.operator)
        if self.operator.assumed:
            self._twice()
        evaluator = self._evaluator()
        if evaluator.mode == "jax":
            self._keeps_nothing(evaluator)
        # Of a minimised loss each size is a compilation of second derivatives; what is wrong at another is met by the search.
        for size in self._small() if losses.found_in_floats(evaluator.operator) else self.sizes:
            self._meet_at(evaluator, size)
        if evaluator.mode == "jax" and not isinstance(self.operator.fn, Translated):
            alike.untraced(evaluator, {size: self._points(size) for size in self._small()})
        mixing.alone(evaluator)
        if self.operator.inputs == "logits":
            alike.up_to_constants(evaluator, {size: self._met(evaluator, size) for size in self._small()})
        if self._seconds:
            small = [size for size in self._seconds if size[0] * size[1] <= SMALL] or list(self._seconds)
            # The median over sizes of the cheapest calls: what disturbs a machine for some milliseconds changes no class.
            evaluator.price = price_of(sorted(self._seconds[size] for size in small)[len(small) // 2])
            evaluator.prices = {size: price_of(seconds) for size, seconds in self._seconds.items() if size not in small}
        return evaluator

    def _evaluator(self) -> Evaluator:
        """Ready to be called; a translation only where it gives what the function itself does."""
        evaluator = Evaluator(self.operator, self.softener, *self.sizes[0], hurry=self.hurry)
        fn = evaluator.operator.fn
        if isinstance(fn, Translated) and evaluator.mode == "jax":
            fn.why = held.apart(evaluator, self.sizes)
            if fn.why:
                return Evaluator(evaluator.operator, self.softener, *self.sizes[0], hurry=self.hurry)
        return evaluator

    def _small(self) -> list[tuple[int, int]]:
        """A few sizes: the first, the next, which the prover calls untraced too, and one that differs from both."""
        several = [(K, C) for K, C in self.sizes[1:] if K * C <= SMALL]
        return self.sizes[:1] + several[:1] + several[1:][-1:]

    def _met(self, evaluator: Evaluator, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points of a size and the aggregates there, of the first calls where they were made."""
        if size not in self.first:
            P, w = self._points(size)
            self.first[size] = P, w, evaluator.batch(P, w, 1.0 if self.operator.takes_temperature else None)
        return self.first[size]

    def _meet_at(self, evaluator: Evaluator, size: tuple[int, int]) -> None:
        P, w = self._points(size)
        now = 1.0 if self.operator.takes_temperature else None
        if evaluator.mode == "jax":
            self._traced(evaluator, P, w, now)
            if size != self.sizes[0] and not calls_out(evaluator.jaxpr(*size, now is not None).jaxpr):
                return  # what is compiled of it is a function: a search compiles it where it calls it
            q = evaluator.batch(P, w, now)
        else:
            q = self._timed(evaluator, P, w, now)
            P, w = P[: len(q)], w[: len(q)]
            evaluator.repeatable(P[:FEW], w[:FEW], q[:FEW], now)
        self.first[size] = P, w, q

    def _timed(self, evaluator: Evaluator, P: np.ndarray, w: np.ndarray, now: float | None) -> np.ndarray:
        """The aggregates, one by one, the calls timed; of the first few points alone where a call is dear."""
        clock, out = Clock(), []
        for p, v in zip(P, w, strict=True):
            out.append(evaluator.checked(p, v, now, clock))
            if len(out) == FEW and price_of(clock.seconds).number >= DEAR:
                break
        self._seconds[P.shape[1], P.shape[2]] = clock.seconds
        return np.stack(out)

    def _traced(self, evaluator: Evaluator, P: np.ndarray, w: np.ndarray, now: float | None) -> None:
        """Shape and type from the trace: a JAX operator need not be run for that."""
        K, C = P.shape[1:]
        point = {"P": P[0].tolist(), "w": w[0].tolist(), "T": now}
        try:
            jaxpr = evaluator.jaxpr(K, C, now is not None)
        except Exception:
            evaluator.checked(P[0], w[0], now)
            raise Misbehaviour(f"can be traced by JAX at {self.sizes[0]} and not at K={K}, C={C}", point) from None
        aval = jaxpr.out_avals[0]
        if aval.shape != (C,) or not (
            jnp.issubdtype(aval.dtype, jnp.floating) or jnp.issubdtype(aval.dtype, jnp.integer)
        ):
            evaluator.as_floats(np.zeros(aval.shape, aval.dtype), (K, C), point)

    def _twice(self) -> None:
        """Call twice at one point, and at another in between, before all else: with NumPy's arrays, in which `P *= …` changes
        the caller's, unless only JAX's are ever handed over. What does not run so is told elsewhere."""
        points = list(zip(*self._points(self.sizes[0]), strict=True))
        now = 1.0 if self.operator.takes_temperature else None
        array = alike.on_device if self.operator.backend == "jax" else np.array
        results = []
        for P, w in (points[0], points[1], points[0]):
            given = {"P": array(np.log(P) if self.operator.takes_logs else P), "w": array(w)}
            before = {name: np.array(x) for name, x in given.items()}
            try:
                with np.errstate(all="ignore"), warnings.catch_warnings(), uncompiled():
                    warnings.simplefilter("ignore")
                    q = returned.array(self.operator.fn(*given.values(), **temperature(self.operator, now, given["P"])))
                    results.append(np.asarray(q, dtype=float))
            except (Exception, SystemExit):
                return
            changed = [name for name, x in given.items() if not np.array_equal(x, before[name], equal_nan=True)]
            if changed:
                raise Misbehaviour(_in_place(changed, self.operator), {"P": P.tolist(), "w": w.tolist(), "T": now})
        before, _, after = results
        if before.shape != after.shape or not np.allclose(before, after, rtol=REPEAT, atol=REPEAT, equal_nan=True):
            self._differs(P, w, now, before, after)

    def _keeps_nothing(self, evaluator: Evaluator) -> None:
        """Trace once more: what the first trace has left in a global or an attribute turns up in the second."""
        P, w = self._points(self.sizes[0])
        with_T = self.operator.takes_temperature
        point = {"P": P[0].tolist(), "w": w[0].tolist(), "T": 1.0 if with_T else None}
        try:
            consts = evaluator.traced(*self.sizes[0], with_T).consts
        except Exception as e:
            if returned.forgets(e):
                raise Misbehaviour(returned.STATE, point) from e
            return  # it is told elsewhere what it raises
        if any(isinstance(one, Tracer) for one in consts):
            raise Misbehaviour(returned.STATE, point)

    def leave(self, evaluator: Evaluator) -> None:
        """The same points once more, after everything: an operator that has changed its mind is no function."""
        now = 1.0 if self.operator.takes_temperature else None
        for P, w, q in self.first.values():
            if evaluator.mode == "jax":
                self._same(q, evaluator.batch(P, w, now), P, w, now, _room(evaluator))
            else:
                evaluator.repeatable(P[:2], w[:2], q[:2], now)
        if evaluator.mode == "jax" and evaluator.exactly:
            self._retrace(evaluator, now)

    def _same(self, before, after, P, w, now, room) -> None:
        same = np.isclose(before, after, rtol=room, atol=room, equal_nan=True).all(-1)
        if not same.all():
            i = int(np.flatnonzero(~same)[0])
            self._differs(P[i], w[i], now, before[i], after[i])

    def _retrace(self, evaluator: Evaluator, now: float | None) -> None:
        """A trace freezes what a function reads from outside: trace again, and compare the two at one point."""
        P, w, _ = self.first[self.sizes[0]]
        K, C = P.shape[1:]
        exact_P, exact_w = object_array(P[0]), object_array(w[0])
        args = [exact_P, exact_w] + ([] if now is None else [object_array(1)])
        before = evaluator.jaxpr(K, C, now is not None)
        after = evaluator.traced(K, C, now is not None)
        try:
            a, b = (evaluate(jaxpr, args)[0] for jaxpr in (before, after))
            floats = [np.array([numbers.to_float(x) for x in q]) for q in (a, b)]
        except (Undecided, Unsupported):
            return
        if not np.allclose(*floats, rtol=REPEAT, atol=REPEAT, equal_nan=True):
            self._differs(P[0], w[0], now, *floats)

    def _differs(self, P, w, now, before, after) -> None:
        said = two_answers(self.operator.fn, P, before, after)
        raise Misbehaviour(said, {"P": P.tolist(), "w": w.tolist(), "T": now})

    def _points(self, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        K, C = size
        rng = np.random.default_rng((K, C))
        P, w = rng.dirichlet(np.ones(C), (POINTS, K)), rng.dirichlet(np.ones(K), POINTS)
        P[0], w[0] = _plain(K, C)
        return np.maximum(P, 1e-6) / np.maximum(P, 1e-6).sum(-1, keepdims=True), w


def _room(evaluator: Evaluator) -> float:
    """What two compilations of one function may differ by: in half precision each rounds where it is not fused."""
    return max(REPEAT, evaluator.rounding.moves)


def _in_place(changed: Sequence[str], operator: Operator) -> str:
    if operator.backend == "torch" or knows_torch(operator.fn):
        copies = ", ".join(f"{name} = {name}.clone()" for name in changed)
        return f"changed {' and '.join(changed)} in place. Work on a copy: {copies}"
    copies = ", ".join(f"{name} = {name}.copy()" for name in changed)
    only = "" if operator.backend == "numpy" else ', or declare backend="jax": JAX arrays, which no line changes'
    return f"changed {' and '.join(changed)} in place, of NumPy arrays. Work on a copy: {copies}{only}"


def _plain(K: int, C: int) -> tuple[np.ndarray, np.ndarray]:
    """A point that can be read: no two teachers alike, no two weights, all in small fractions."""
    rows = np.array([np.roll(np.arange(1, C + 1), k) for k in range(K)], float)
    rows[:, 0] += np.arange(K) // C
    return rows / rows.sum(-1, keepdims=True), np.arange(1, K + 1) / (K * (K + 1) / 2)
