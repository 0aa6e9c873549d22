"""An audit of one operator: in each dtype all cases, from the smallest on; of each kind of loss the first that is certain.

It holds the order of the steps; what each of them knows stands in its own file. It is the same in every run of one seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from axiomkd.audit import advice, cases, faces, judging, wording
from axiomkd.audit.calling import NO_BFLOAT16, Called, Fails, Result, language
from axiomkd.audit.cases import Case
from axiomkd.audit.judging import Loss
from axiomkd.audit.reference import Reference
from axiomkd.audit.widths import Width, width
from axiomkd.core.audit import DTYPES, KINDS, AuditModel, DtypeModel
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.operator import Operator
from axiomkd.core.report import OperatorModel
from axiomkd.core.softener import DEFAULT, softener
from axiomkd.core.tolerances import FLOAT_REFERENCE, NUDGED, NUDGES
from axiomkd.operators.evaluate import Evaluator

TRIED = 3  # suspects of one recipe that are looked into at a size
LOSS = "is a loss: the distribution that it pulls to is worked out here, and no line of it computes that in a dtype"
WIDE, FEW_NUDGES = 20_000, 2  # numbers in P above which a look is dear


@dataclass(frozen=True)
class Seen:
    """A case as it was run: P and w as the dtype has them, the result, its reference (C,) in float64, and what is suspected."""

    case: Case
    P: np.ndarray
    w: np.ndarray
    result: Result
    exact: np.ndarray
    losses: tuple[Loss, ...]


@dataclass(frozen=True)
class Found:
    """A loss that is certain; `exact` (C,) its exact value in float64, `certain` how that is known; `limit`: the formula itself
    has no value there, and this is what it tends to."""

    seen: Seen
    loss: Loss
    exact: np.ndarray
    certain: str
    limit: bool = False


@dataclass
class Scan:
    """All that was seen of an operator in a dtype."""

    reference: Reference
    seen: list[Seen] = field(default_factory=list)
    smallest: dict[str, Found] = field(default_factory=dict)
    first_C: dict[str, int] = field(default_factory=dict)
    largest_C: int = 0


def audit(operator: Operator, dtypes: Sequence[str] = (), seed: int = 0) -> AuditModel:
    """The operator in these dtypes, or in all that its language has. JAX must have float64 switched on."""
    named = {"name": operator.name, "target": operator.target, "file": operator.file, "line": operator.line}
    if operator.is_loss:
        return AuditModel(**named, problem=LOSS)
    try:
        evaluator = Evaluator(operator, softener(DEFAULT), hurry=True)
        _runs(evaluator)
    except Misbehaviour as e:
        return AuditModel(**named, problem=str(e))
    speaks = language(evaluator)
    asked = dtypes or [one for one in DTYPES if speaks != "numpy" or one != "bfloat16"]
    found = [_in_dtype(evaluator, speaks, width(one), seed) for one in asked]
    return AuditModel(**named, language=speaks, dtypes=found)


def with_audit(result: OperatorModel, operator: Operator, seed: int) -> OperatorModel:
    """What a check came to with an audit beside it, where the operator can be run at all."""
    if result.status == "error":
        return result
    return result.model_copy(update={"precision": audit(operator, (), seed)})


def _runs(evaluator: Evaluator) -> None:
    """Raises Misbehaviour where the operator cannot be run at an ordinary point at all."""
    K, C = evaluator.operator.small_sizes((2, 3))[0]
    now = 1.0 if evaluator.operator.takes_temperature else None
    evaluator.checked(np.full((K, C), 1 / C), np.full(K, 1 / K), now)


def _in_dtype(evaluator: Evaluator, speaks: str, own: Width, seed: int) -> DtypeModel:
    operator = evaluator.operator
    if speaks == "torch":
        from axiomkd.operators.torch.typed import rounded

        operator = rounded(operator, own.name)
    reference = Reference(Called(operator, speaks, own), evaluator)
    if speaks == "numpy" and own.name == "bfloat16":
        return DtypeModel(dtype=own.name, ran=False, why=NO_BFLOAT16)
    if own.name == "float64" and not reference.exactly:
        why = f"no exact value to hold it against: {evaluator.why_not_exact}"
        return DtypeModel(dtype=own.name, ran=False, why=why)
    try:
        scan = _scanned(reference, seed)
    except Fails as e:
        return DtypeModel(dtype=own.name, ran=False, why=str(e))
    return wording.model(scan, advice.offered(scan))


def _scanned(reference: Reference, seed: int) -> Scan:
    scan, operator = Scan(reference), reference.operator
    closed = operator.domain == "closed"
    for K, C in cases.sizes(operator.supports, operator.small_sizes((2, 3))[0]):
        all_ = cases.cases(K, C, form=operator.inputs, closed=closed, temperature=operator.takes_temperature, seed=seed)
        seen = list(_seen(reference, all_))
        if not seen:
            continue
        scan.seen += seen if C <= cases.MANY else [replace(one, P=one.P[:0], w=one.w[:0]) for one in seen]
        scan.largest_C = max(scan.largest_C, C)
        _conclude(scan, seen)
    return scan


def _seen(reference: Reference, all_: Sequence[Case]) -> Iterator[Seen]:
    """The cases as they were run, without those that the dtype cannot hold."""
    called, operator = reference.called, reference.operator
    fit = []
    for case in all_:
        P, w = (called.rounded(x) for x in case.made)
        inside = (case.face or operator.domain == "closed") or bool((P > 0).all() and (w > 0).all())
        fine = np.isfinite(P).all() and (inside or operator.takes_logs) and not _vanishes(case, called.width)
        fit += [(case, P, w)] if fine else []
    results = called.many([case for case, _, _ in fit])
    for T in dict.fromkeys(case.T for case, _, _ in fit):
        mine = [(*one, result) for one, result in zip(fit, results, strict=True) if one[0].T == T]
        floats = reference.floats([P for _, P, _, _ in mine], [w for _, _, w, _ in mine], T)
        for (case, P, w, result), exact in zip(mine, floats, strict=True):
            losses = judging.suspected(result.q, exact, result.width, case.K)
            yield Seen(case, P, w, result, exact, tuple(losses))


def _vanishes(case: Case, own: Width) -> bool:
    """Whether a step of the ladder is below what the dtype tells from 0 with all its digits."""
    return case.step is not None and case.step < 1 and case.step < own.tiny


def _conclude(scan: Scan, seen: Sequence[Seen]) -> None:
    """Look into what is suspected at a size: the simplest of each kind, and the first of ordinary inputs."""
    for kind in KINDS:
        suspects = [(one, loss) for one in seen for loss in one.losses if loss.kind == kind]
        if kind not in scan.smallest:
            found = next(_certain(scan.reference, suspects), None) or _at_faces(scan.reference, seen, kind)
            if found is not None:
                scan.smallest[kind] = found
        if kind in scan.smallest and kind not in scan.first_C:
            ordinary = [one for one in suspects if one[0].case.ordinary]
            found = next(_certain(scan.reference, ordinary), None)
            if found is not None:
                scan.first_C[kind] = found.seen.case.C


def _certain(reference: Reference, suspects: Sequence[tuple[Seen, Loss]]) -> Iterator[Found]:
    tried: dict[str, int] = {}
    for seen, loss in sorted(suspects, key=lambda one: not one[0].case.simple):
        tried[seen.case.recipe] = tried.get(seen.case.recipe, 0) + 1
        if tried[seen.case.recipe] > TRIED:
            continue
        found = _looked_into(reference, seen, loss)
        if found is not None:
            yield found


def _looked_into(reference: Reference, seen: Seen, loss: Loss) -> Found | None:
    """The loss at one case, alone and for certain; None where it is not."""
    case, own = seen.case, seen.result.width
    try:
        q = reference.called.one(*case.made, case.T).q
    except Fails:
        return None
    if loss.kind != "not-finite" and (reference.asks_format or not np.isfinite(q).all()):
        return None
    again = [one for one in judging.suspected(q, seen.exact, own, case.K) if one.kind == loss.kind]
    if not again or not judging.lasts(again[0], q, _nearby(reference, seen), own, case.K):
        return None
    seen = replace(seen, result=replace(seen.result, q=q))
    if not reference.exactly:
        return _by_floats(seen, again[0])
    exact = reference.exact(seen.P, seen.w, case.T)
    if exact is None or not judging.concluded(again[0], q, exact, own, case.K):
        return None
    return Found(seen, again[0], wording.floats(exact), judging.certainty(exact))


def _by_floats(seen: Seen, loss: Loss) -> Found | None:
    """Of an operator that cannot be followed, against its own run in float64, where that is far finer than the dtype."""
    if seen.result.width.eps < FLOAT_REFERENCE or not np.isfinite(seen.exact).all():
        return None
    return Found(seen, loss, seen.exact, "float64")


def _nearby(reference: Reference, seen: Seen) -> list[np.ndarray]:
    """The exact values, in float64, with inputs moved by units of the dtype; zeros stay."""
    rng = np.random.default_rng(11)
    count = NUDGES if seen.P.size <= WIDE else FEW_NUDGES
    unit = reference.called.width.eps

    def moved(x: np.ndarray) -> np.ndarray:
        return x * (1 + unit * rng.integers(-NUDGED, NUDGED + 1, x.shape))

    points = [(moved(seen.P), moved(seen.w)) for _ in range(count)]
    return list(reference.floats([P for P, _ in points], [w for _, w in points], seen.case.T))


def _at_faces(reference: Reference, seen: Sequence[Seen], kind: str) -> Found | None:
    """A result that is not finite at zeros at which the formula has no value, and near which it has a limit."""
    if kind != "not-finite" or not reference.exactly:
        return None
    suspects = [one for one in seen if one.case.face and not np.isfinite(one.result.q).all()]
    for one in suspects[: 2 * TRIED]:
        limit = faces.limit(reference, one.P, one.w, one.case.T)
        if limit is not None:
            place = int(np.flatnonzero(~np.isfinite(one.result.q))[0])
            return Found(one, Loss("not-finite", (place,)), limit, "ball", limit=True)
    return None
