"""Whether formulas are the operator: at many sizes the traces are compared, and the values of both at points of every kind.

A difference is told by its size. It decides nothing about a reading: it says at which sizes a proof may lean on a formula.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.scope import Scope, Size, at_sizes
from axiomkd.operators.alike import on_device
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove.collector import uncollected
from axiomkd.prove.domain import Domain
from axiomkd.prove.translation import sizes, traces
from axiomkd.prove.translation.opaque import Parts
from axiomkd.prove.translation.points import Points, points
from axiomkd.prove.translation.values import LARGEST, NoValue, TooLarge, Values
from axiomkd.tracing import numbers
from axiomkd.tracing.batched import interpreter
from axiomkd.tracing.batched.machine import WORK, Step, TooMuch, Unknown
from axiomkd.tracing.exact import Undecided, Unsupported, object_array
from axiomkd.tracing.lift.lifted import Origins
from axiomkd.tracing.numerics import quick_compile
from axiomkd.tracing.terms import Term
from axiomkd.tracing.uncompiled import uncompiled

# Sizes at which the operator itself is run where its trace cannot be interpreted: each is compiled, which is what costs.
RUN = ((2, 3), (3, 2), (5, 4), (7, 3), (2, 130))
CALLED, COMPILED = (2, 3), (3, 130)  # and those at which it is called and compiled in any case
NEEDED = 800  # K·C up to which every size must have been looked at for a proof to speak of all
ODD = 8  # traces of other forms after which no more are made: the formula is none for all sizes
# Work at all sizes together, the smallest first: some seconds. Loops in loops cost the most, and what is then left out is large.
ALL_WORK = 15 * WORK
MANY = 4096  # K·C above which a search takes minutes of exact arithmetic
EXACTLY = 12  # K·C up to which exact arithmetic is asked where rounding may be all that differs


@dataclass(frozen=True)
class Translation:
    """Where a formula was found to be the operator (`checked`), where not (`apart`), and where it was not looked at (`skipped`).

    `why` says what differs and at which size, "" where nothing does; `whole` whether the formula may be taken for the operator at
    every size that is supported: nothing differs, the traces are one function of the size, and no small size was skipped.
    """

    checked: tuple[Size, ...] = ()
    apart: tuple[Size, ...] = ()
    skipped: tuple[Size, ...] = ()
    why: str = ""
    whole: bool = False

    @property
    def telling(self) -> tuple[Size, ...]:
        """The smallest sizes at which the operator is not its formula: where a search should look. One of very many numbers is left
        out where another is no larger in K and in C: what sets in before both shows there, in a hundredth of the time."""
        few = self.apart[:3]
        return tuple(
            (K, C) for K, C in few if K * C <= MANY or not any((k, c) != (K, C) and k <= K and c <= C for k, c in few)
        )

    def scope(self, wide: Scope) -> Scope | None:
        """The sizes that a proof by the formula speaks of; None where there are none."""
        if self.whole:
            return wide
        return at_sizes(self.checked) if self.checked else None


@dataclass(frozen=True)
class Formula:
    """A term that is claimed to be the aggregate's entry at class `at`: where the domain says, at T = 1 or for every T.

    `trace` names the call that it describes: "plain", "T" or "Ts" (a temperature for each
    teacher). `exactly`: it is undefined wherever the code is, too.
    """

    term: Term
    at: Term
    domain: Domain
    trace: str = "plain"
    any_T: bool = False
    exactly: bool = False


class Differs(Exception):
    """The user's function is not what its other spelling is; the size is in the message."""


@dataclass
class Site:
    """A size: its points, its traces by name, and the operator's values at the points, kept as they are worked out."""

    size: Size
    points: Points
    jaxprs: Mapping[str, Any]
    found: dict[tuple, tuple[np.ndarray, Sequence[Step]]] = field(default_factory=dict)
    values: dict[tuple, Values] = field(default_factory=dict)


class Validation:
    """One operator traced at sizes of which some may be open (None), held against its formulas.

    `symbolic` are the traces that the formulas were made of, `params` the captured arrays in them, `origins` what is opaque in
    each. `chosen` are the sizes to look at, `wider` gives more of them near one that is apart. `original` is the user's own
    function, where the operator is another spelling of it.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        symbolic: Mapping[str, Any],
        params: Mapping[str, np.ndarray],
        chosen: Sequence[Size],
        origins: Mapping[str, Origins],
        *,
        wider: Callable[[Size], Sequence[Size]] | None = None,
        original: Evaluator | None = None,
    ) -> None:
        self.evaluator, self.symbolic, self.params, self.original = evaluator, symbolic, params, original
        self.origins = origins
        self.interior = evaluator.operator.domain == "interior"
        self.chosen, self.wider = tuple(chosen), wider
        self.sites: dict[Size, Site] = {}
        self.forms: dict[Size, tuple[traces.Trace, ...]] = {}
        self.raised: dict[Size, str] = {}
        self.known: dict[tuple[Formula, Size], str] = {}
        self.odd: dict[Size, str] = {}
        self.one_function = True
        self.ran: str | None = None
        self.plain: bool | None = None
        self.looked: tuple[Size, ...] = ()
        self.last: Translation | None = None
        self.left = ALL_WORK

    # --- the whole ---------------------------------------------------------------------------------------------------------

    def of(self, formulas: Iterable[Formula]) -> Translation:
        """Where all these formulas are the operator."""
        formulas = tuple(dict.fromkeys(formulas))
        with uncollected():
            found = self._at(formulas, self.chosen)
            if found.apart and not self.ran:
                more = [size for one in found.apart[:2] for size in (self.wider(one) if self.wider is not None else ())]
                more += self._between(formulas, found.apart[0])
                found = self._at(formulas, tuple(dict.fromkeys((*self.chosen, *more))))
        if self.last is None or found.apart or not self.last.apart:
            self.last = found
        return found

    def _at(self, formulas: Sequence[Formula], chosen: Sequence[Size]) -> Translation:
        self._compare_traces(chosen)
        ran = self._really()
        if ran:
            return Translation(apart=tuple(chosen)[:1], why=ran)
        checked, apart, skipped, reasons, traced = [], [], [], [], True
        for size in sorted(chosen, key=lambda s: (s[0] * s[1], s)):
            other = self.odd.get(size)
            why = other or next((w for f in formulas if (w := self._differs(f, size))), "")
            if not why:
                checked.append(size)
            elif why.startswith(SKIPPED):
                skipped.append(size)
                reasons.append(why.removeprefix(SKIPPED))
            else:
                reasons.insert(len(apart), why)
                apart.append(size)
                traced &= bool(other)
        whole = not apart and self.one_function and all(K * C > NEEDED for K, C in skipped) and bool(checked)
        # One trace with other values: the formula was made wrongly, and where it agrees it may only seem to.
        listed = tuple(checked) if traced else ()
        return Translation(listed, tuple(apart), tuple(skipped), "" if whole else self._told(reasons), whole)

    def _told(self, reasons: Sequence[str]) -> str:
        return reasons[0] if reasons else "the numbers in its traces are no functions of K and C"

    def _between(self, formulas: Sequence[Formula], apart: Size) -> list[Size]:
        """The sizes on the way to the least C, at the same K, at which the formula is not the operator, by halving."""
        K, high = apart
        low = max((C for k, C in self.chosen if k == K and C < high), default=high)
        looked: list[Size] = []
        while high - low > 1:
            size = (K, (low + high) // 2)
            looked.append(size)
            self._compare_traces((*self.chosen, *looked))
            differs = self.odd.get(size) or any(self._differs(f, size) for f in formulas)
            low, high = (low, size[1]) if differs else (size[1], high)
        return looked

    # --- traces ------------------------------------------------------------------------------------------------------------

    def _compare_traces(self, chosen: Sequence[Size]) -> None:
        """Trace at each size, and note the sizes whose trace is not the one that most have."""
        if set(chosen) <= set(self.looked):
            return
        self.looked = tuple(chosen)
        for size in sorted(chosen, key=lambda s: (s[0] * s[1], s)):
            if size in self.sites or size in self.raised:
                continue
            if len(set(self.forms.values())) > 1 and self._many_forms():
                self.raised[size] = f"at smaller sizes than {_named(size)} it already traces in many ways"
                continue
            try:
                jaxprs = {name: self._traced(size, name) for name in self.symbolic}
            except Exception as e:  # the user's function, called to be traced
                self.raised[size] = f"at {_named(size)} it cannot be traced ({type(e).__name__})"
                continue
            self.sites[size] = Site(size, points(*size, interior=self.interior), jaxprs)
            self.forms[size] = tuple(traces.trace(j) for j in jaxprs.values())
        self.odd = dict(self.raised)
        self._note_odd()

    def _traced(self, size: Size, name: str) -> Any:
        """The trace at a size. Calls that JAX compiles apart are traced into where no loop is: half the time is theirs."""
        with_T, each = name != "plain", name == "Ts"
        if self.plain is None:
            closed = self.evaluator.jaxpr(*size, with_T, each=each)
            self.plain = not traces.loops(closed)
        if not self.plain:
            return self.evaluator.jaxpr(*size, with_T, each=each)
        with jax.disable_jit():
            return self.evaluator.traced(*size, with_T, each=each)

    def _many_forms(self) -> bool:
        forms = Counter(tuple(t.form for t in several) for several in self.forms.values())
        return len(forms) > ODD

    def _note_odd(self) -> None:
        groups: dict[tuple[bytes, ...], list[Size]] = {}
        for size, several in self.forms.items():
            groups.setdefault(tuple(t.form for t in several), []).append(size)
        if not groups:
            return
        # The widest list decides which form is the operator's; extra sizes near an odd one must not.
        usual = max(groups, key=lambda form: (sum(size in self.chosen for size in groups[form]), -groups[form][0][1]))
        for form, found in groups.items():
            if form != usual:
                self.odd |= {size: f"at {_named(size)} the operator is traced to other code" for size in found}
        same = groups[usual]
        for n in range(len(self.symbolic)):
            fine = traces.explained(same, [self.forms[size][n] for size in same])
            if not fine.any():
                self.one_function = False
            else:
                self.odd |= {
                    size: f"at {_named(size)} the operator's trace has other numbers"
                    for size, ok in zip(same, fine, strict=True)
                    if not ok
                }

    # --- values ------------------------------------------------------------------------------------------------------------

    def _differs(self, formula: Formula, size: Size) -> str:
        """How a formula and the operator differ at a size; "" where they do not."""
        key = (formula, size)
        if key not in self.known:
            self.known[key] = self._compared(formula, self.sites[size])
        return self.known[key]

    def _compared(self, formula: Formula, site: Site) -> str:
        last = ""
        for some in ALL_OF_THEM, FEW, ONE:
            try:
                return self._compared_at(formula, site, site.points.some(some), some)
            except Differs as e:
                return str(e)
            except (NoValue, Unknown, TooLarge) as e:
                last = (
                    f"{SKIPPED}at {_named(site.size)} the formula could not be held against the operator ({_said(e)})"
                )
                if not isinstance(e, TooLarge | TooMuch):
                    break
        return last

    def _compared_at(self, formula: Formula, site: Site, at: Points, some: Any) -> str:
        q, f, values = self._pair(formula, site, at, some)
        rows = _within(formula.domain, at, values)
        fine = _agree(q, f, exactly=formula.exactly)
        if not fine[rows].all():
            fine |= self._rounded(formula, site, at, q, f)
        return "" if fine[rows].all() else f"at {_named(site.size)} the formula is not the operator"

    def _rounded(self, formula: Formula, site: Site, at: Points, q: np.ndarray, f: np.ndarray) -> np.ndarray:
        """Where a difference may be rounding: where a few units in the last place of the inputs change as much.

        At a tie or beside a pole they may change everything. There exact arithmetic says what the operator is, where it is cheap; a
        larger size has points away from all of them.
        """
        noise = np.zeros_like(q)
        for n in (1, 2, 3):
            q2, f2, _ = self._pair(formula, site, _shaken(at, n), None)
            for before, after in ((q, q2), (f, f2)):
                moved = np.where(np.isfinite(before) & np.isfinite(after), np.abs(after - before), 0.0)
                moved[np.isfinite(before) != np.isfinite(after)] = np.inf
                noise = np.maximum(noise, moved)
        wild = noise > tolerances.TRANSLATION_NOISIEST
        close = ~wild & (np.abs(q - f) <= tolerances.TRANSLATION_NOISE * noise)
        if site.size[0] * site.size[1] > EXACTLY or self.evaluator.mode != "jax":
            return close | wild
        for n in np.flatnonzero(wild.any(axis=1)):
            exact = self._exact(formula, at, int(n))
            # Undefined exactly, as 0/0 is, and any number in floats: neither says what the other should be.
            known = np.isfinite(exact)
            close[n] |= wild[n] & (~known | _agree(np.where(known, exact, 0.0), f[n], exactly=formula.exactly))
        return close

    def _exact(self, formula: Formula, at: Points, n: int) -> np.ndarray:
        """The operator's exact values at a point; NaN where they are not decided."""
        T = None
        if formula.trace != "plain":
            own = _given(formula.trace, at)[n] if formula.any_T else np.ones_like(_given(formula.trace, at)[n])
            T = object_array(own.tolist())[()]
        try:
            q = self.evaluator.exact(object_array(at.P[n]), object_array(at.w[n]), T)
        except (Undecided, Unsupported):
            return np.full(at.P.shape[2], np.nan)
        return np.array([numbers.to_float(x) for x in q], float)

    def _pair(self, formula: Formula, site: Site, at: Points, some: Any) -> tuple[np.ndarray, np.ndarray, Values]:
        """The operator's values, the formula's, and how other terms are evaluated at the points."""
        T = _given(formula.trace, at)
        T = T if formula.any_T else np.ones_like(T)
        q, parts = self._of_operator(formula, site, at, T, some)
        key = (
            "values",
            formula.any_T,
            formula.trace == "Ts",
            formula.term if parts.primitives or parts.wholes else None,
            str(some),
        )
        values = site.values.get(key) if some is not None else None
        if values is None:
            values = Values(at.P, at.w, T, self.params, parts.value, parts.whole, int(LARGEST * _share(at)))
            if some is not None:
                site.values[key] = values
        return q, values.entries(formula.term, formula.at), values

    def _of_operator(
        self, formula: Formula, site: Site, at: Points, T: np.ndarray, some: Any
    ) -> tuple[np.ndarray, Parts]:
        """The operator's values, and those of the formula's opaque parts; kept unless the points are some of this moment."""
        parts = Parts.of(formula.term, self.origins[formula.trace])
        key = (formula.trace, formula.any_T, str(some), parts.primitives)
        given = None if formula.trace == "plain" else T
        if some is None:
            q, steps = self._interpreted(site, at, given, parts.primitives)
        else:
            if key not in site.found:
                site.found[key] = self._interpreted(site, at, given, parts.primitives)
                if self.original is not None:
                    self._held_against_the_original(site, at, given, site.found[key][0])
            q, steps = site.found[key]
        return q, parts.told(steps)

    def _interpreted(
        self, site: Site, at: Points, T: np.ndarray | None, record: frozenset[str]
    ) -> tuple[np.ndarray, Sequence[Step]]:
        closed = site.jaxprs[_named_by(T)]
        try:
            given = [at.P, at.w, *([] if T is None else [T])]
            work = min(WORK * _share(at), self.left)
            q, run = interpreter.run(closed, given, record=record, work=work)
            self.left -= work - run.left
        except TooMuch:
            self.left -= work
            raise
        except Unknown:
            if site.size not in RUN or record:
                raise
            return self.evaluator.batch(at.P, at.w, T), ()
        return q, run.steps

    def _held_against_the_original(self, site: Site, at: Points, T: np.ndarray | None, q: np.ndarray) -> None:
        """Raises Differs where the user's own function, at some of the points, is not what its other spelling is."""
        assert self.original is not None
        room = max(tolerances.TRANSLATION, tolerances.TRANSLATION_ULPS * _coarsest(site.jaxprs[_named_by(T)]))
        some = range(len(at.P)) if site.size in sizes.SMALL else range(0, len(at.P), 6)
        with np.errstate(all="ignore"):
            for n in some:
                try:
                    given = (
                        at.P[n].copy(),
                        at.w[n].copy(),
                        *(() if T is None else (float(T[n]) if T.ndim == 1 else T[n].copy(),)),
                    )
                    mine = np.asarray(self.original.plain(*given), float)
                except Exception as e:  # the user's function: undefined at a face, a fault elsewhere
                    if (at.P[n] > 0).all() and (at.w[n] > 0).all():
                        raise Differs(f"at {_named(site.size)} it raises {type(e).__name__}") from e
                    mine = np.full(q.shape[1], np.nan)
                if not _near(q[n], mine, room):
                    raise Differs(f"at {_named(site.size)} the user's code and the same in jax.numpy differ")

    # --- the operator itself -----------------------------------------------------------------------------------------------

    def _really(self) -> str:
        """How the operator, called and compiled, differs from its trace, each at a size; "" where it does not."""
        if self.ran is None:
            least = next(iter(self.sites), None)
            some = {size: called for size, called in ((CALLED, True), (COMPILED, False)) if size in self.sites}
            if least is not None and True not in some.values():
                some = {least: True} | some
            self.ran = next(
                (w for size, called in some.items() if (w := self._really_at(self.sites[size], called))), ""
            )
        return self.ran

    def _really_at(self, site: Site, eagerly: bool) -> str:
        """Two points called one by one, as a user would; or all of the interior compiled."""
        inside = site.points.some(site.points.P_inside & site.points.w_inside)
        inside = inside.some(slice(0, 2)) if eagerly else inside
        for name, closed in site.jaxprs.items():
            args = [inside.P, inside.w, *([] if name == "plain" else [_given(name, inside)])]
            try:
                q, _ = interpreter.run(closed, args, real=False)
            except Unknown:
                continue
            room = tolerances.TRANSLATION_ULPS * _coarsest(closed)
            try:
                if eagerly:
                    with uncompiled():
                        found = self._called(args)
                    if not _near(q, found, room):
                        found = self._called(args)
                else:
                    found = self._compiled(args)
            except Exception as e:  # the user's function
                return f"called at {_named(site.size)}, it raises {type(e).__name__}"
            if not _near(q, found, room):
                how = "called" if eagerly else "compiled"
                return f"{how} at {_named(site.size)}, the operator gives another result than its trace"
        return ""

    def _called(self, args: Sequence[np.ndarray]) -> np.ndarray:
        once = [self.evaluator.plain(*(on_device(np.asarray(a[n])) for a in args)) for n in range(len(args[0]))]
        return np.array([np.asarray(q, float) for q in once])

    def _compiled(self, args: Sequence[np.ndarray]) -> np.ndarray:
        call = jax.jit(jax.vmap(self.evaluator.traceable), compiler_options=quick_compile())
        return np.asarray(call(*args), float)


def _given(name: str, at: Points) -> np.ndarray:
    """The temperatures that a call of that name gets: one a point (B,), or one a teacher (B, K)."""
    return at.Ts if name == "Ts" else at.T


def _named_by(T: np.ndarray | None) -> str:
    return "plain" if T is None else "T" if T.ndim == 1 else "Ts"


SKIPPED = "?"
ALL_OF_THEM = slice(None)
FEW = [0, 2, 6, 7]
ONE = [0]


def _share(at: Points) -> float:
    """How much of the most work many points may take: what is large is looked at at few points, or at one."""
    return 1.0 if len(at.P) == 1 else 0.3 if len(at.P) <= len(FEW) else 0.1


def _named(size: Size) -> str:
    return f"K = {size[0]}, C = {size[1]}"


def _said(e: Exception) -> str:
    return str(e) or "it is too large"


def _agree(q: np.ndarray, f: np.ndarray, *, exactly: bool) -> np.ndarray:
    """Where both are the same number, or undefined alike; a form may be defined where the code is not."""
    close = np.abs(q - f) <= tolerances.TRANSLATION * (1 + np.abs(q))
    undefined = ~np.isfinite(q)
    return np.where(undefined, ~np.isfinite(f) | (not exactly), close)


def _within(domain: Domain, at: Points, values: Values) -> np.ndarray:
    """Which points are in a domain."""
    rows = np.ones(len(at.P), dtype=bool)
    if domain.P_positive:
        rows &= at.P_inside
    if domain.w_positive:
        rows &= at.w_inside
    for condition in domain.given:
        rows &= values.everywhere(condition)
    return rows


def _near(q: np.ndarray, called: np.ndarray, room: float) -> bool:
    if q.shape != called.shape:
        return False
    both = np.isfinite(q) & np.isfinite(called)
    alike = np.isfinite(q) == np.isfinite(called)
    return bool((alike & (~both | (np.abs(q - called) <= room * (1 + np.abs(q))))).all())


def _shaken(at: Points, seed: int) -> Points:
    """The points with every entry moved by a few units in the last place; zeros stay."""
    rng = np.random.default_rng(seed)

    def moved(x: np.ndarray) -> np.ndarray:
        return x * (1 + rng.integers(-4, 5, x.shape) * 2.0**-52)

    return Points(moved(at.P), moved(at.w), at.T)


def _coarsest(closed: Any) -> float:
    """The eps of the coarsest real type in a trace."""
    found = [2.0**-52]

    def look(jaxpr: Any) -> None:
        jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
        for equation in jaxpr.eqns:
            for v in equation.outvars:
                dtype = getattr(v.aval, "dtype", None)
                if dtype is not None and jax.numpy.issubdtype(dtype, jax.numpy.inexact):
                    found.append(float(jax.numpy.finfo(dtype).eps))
            for inner in traces.inside(equation.params):
                look(inner)

    look(closed)
    return max(found)
