"""Verdicts without a proof or a counterexample, held against the operator: nothing that is false may stand as `holds`,
`fragile` or `inconclusive`, and what is shown for `fragile` and `error` must be seen again.

It knows no search.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.reading import Pointwise, Reading
from axiomkd.core.report import ReadingModel, Report, WitnessModel
from axiomkd.verify import beside, near, scan, scan_limits, spot, view, witness
from axiomkd.verify.line import Failed
from axiomkd.verify.scan import Scan
from axiomkd.verify.subject import Size, Subject

LOOKED = "looked at a few simple points only"
SEEN = "seen again in floats"
UNSEEN = "the report's word that its process ended"
# How an operator's process ends: no call of ours can show that again.
ENDINGS = (
    "gave no answer",
    "was killed by",
    "ended its process",
    "ran out of memory",
    "defect of axiomkd",
    "two calls at",
)


@dataclass(eq=False)
class Looks:
    """One operator's own looks: scans by size, each made once whatever the readings are."""

    subject: Subject
    searched: Sequence[Size]

    def at(self, wanted: Sequence[Size] | None) -> list[Scan]:
        found = scan.sizes(self.subject, self.searched) if wanted is None else scan.spread(self.subject, wanted)
        scans: dict[Size, Scan] = self.subject.keep("scans", dict)
        return [scans.setdefault(size, Scan(self.subject, size)) for size in found]

    def false(self, reading: Reading, sizes: Sequence[Size] | None = None) -> None:
        """Raises Failed where the reading is false at a simple point."""
        key = (reading.name, tuple(self.searched if sizes is None else sizes))
        if key not in self.subject.keep("looked at", set):
            self._false(reading, sizes)
            self.subject.kept["looked at"].add(key)

    def _false(self, reading: Reading, sizes: Sequence[Size] | None) -> None:
        if isinstance(reading.claim, Pointwise):
            for case in scan.suspects(self.at(sizes), reading):
                if self.subject.evaluator.exactly:
                    spot.holds(self.subject, reading, case)
                else:
                    _stands_in_floats(self.subject, reading, case)
        elif self.subject.evaluator.exactly:
            wanted = self.searched if sizes is None else sizes
            scan_limits.check(self.subject, reading, [s for s in wanted if self.subject.operator.supports(*s)])


def looks(subject: Subject, report: Report) -> Looks:
    sizes = [size for size in report.settings.sizes if subject.operator.supports(*size)]
    return Looks(subject, sizes or subject.sizes)


def _stands_in_floats(subject: Subject, reading: Reading, case: view.Case) -> None:
    """Where the operator cannot be followed exactly: a violation far above any rounding. Raises Failed."""
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    if subject.coarseness > witness.FLOAT_EPS or not claim.measurable:
        return  # a support that is lost, or a step in half precision, may be rounding
    v = view.in_floats(subject.evaluator, case, claim)
    every = claim.parts(NUMPY, v).items()
    margin = min(float(np.min(part)) for label, part in every if label not in claim.ties)
    if margin < -witness.GROSS:
        raise Failed(f"it is false: the margin is {margin:.4g} in floats at {spot.told(case)}")


def fragile(subject: Subject, reading: Reading, w: WitnessModel) -> tuple[str, ...]:
    """Floats break at the reproducer, and the reading is not false there. Raises Failed."""
    case = view.case_of(w)
    if not subject.operator.supports(w.K, w.C):
        raise Failed(f"the reproducer is of (K, C) = ({w.K}, {w.C}), which the operator does not support")
    if isinstance(reading.claim, Pointwise):
        _not_false(subject, reading, case)
    else:
        _no_refutation(subject, reading, w)
    if isinstance(reading.claim, Pointwise) and len(w.value) > 1:
        _same_aggregates(subject, reading.claim, case, w)
    else:
        _same_floats(subject, w, softened=not isinstance(reading.claim, Pointwise))
    return (SEEN,)


def _not_false(subject: Subject, reading: Reading, case: view.Case) -> None:
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    if subject.evaluator.exactly and (claim.adversary is None or case.d is not None):
        # All the weight on one teacher is a tilt, too, of the whole way: with it the claim has all that it asks for.
        spot.holds(subject, reading, replace(case, alone=False))


def _no_refutation(subject: Subject, reading: Reading, w: WitnessModel) -> None:
    """What is called fragile must not be what would be called a refutation."""
    plain = w.model_copy(update={"cls": None, "teacher": None, "t": None, "direction": None})
    for confirmed in ("exact", "ball"):
        try:
            near.check(subject, reading, plain.model_copy(update={"confirmed": confirmed}))
        except Failed:
            continue
        raise Failed("its reproducer refutes it: it is a violation, and no defect of floats")


def _same_aggregates(subject: Subject, claim: Pointwise, case: view.Case, w: WitnessModel) -> None:
    """The values printed are those of the float computation at all points that the claim compares."""
    names = [*(name for name in witness.AGGREGATES if name in claim.probes), *beside.compared(claim)]
    if len(w.value) != len(names):
        raise Failed(f"the reproducer prints {len(w.value)} aggregates, expected {len(names)}")
    v = view.in_floats(subject.evaluator, case, claim)
    for name, printed in zip(names, w.value, strict=True):
        _same(witness.aggregate(v, name, case), printed, w)


def _same_floats(subject: Subject, w: WitnessModel, *, softened: bool) -> None:
    """The values printed are those of the float computation at the point."""
    for n, printed in enumerate(w.value):
        place = near.places(w)[min(n, 1)]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _same(near.in_floats(subject, place if softened else place.now()), printed, w)


def _same(q: np.ndarray, printed: Sequence[str], w: WitnessModel) -> None:
    """The numbers printed are these, NaN where there is none. Raises Failed."""
    said = np.array([float(view.fraction(x)) if x not in ("nan", "inf", "-inf") else float(x) for x in printed])
    if said.shape != q.shape:
        raise Failed(f"the reproducer prints {len(said)} values, the operator gives {len(q)}")
    broken = np.isnan(said)
    if not (np.isfinite(q[~broken]) | ~np.isfinite(said[~broken])).all():
        raise Failed(f"floats give {q.tolist()} at the reproducer, the report says {printed}")
    if broken.any() and w.confirmed == "float64" and np.isfinite(q).all():
        raise Failed(f"floats give {q.tolist()} at the reproducer, the report says that they break")
    if not np.allclose(q[~broken], said[~broken], rtol=witness.FLOAT_RELATIVE, atol=witness.FLOAT_ABSOLUTE):
        raise Failed(f"floats give {q.tolist()} at the reproducer, the report says {printed}")


def error(subject: Subject, r: ReadingModel, message: str) -> tuple[str, ...]:
    """The misbehaviour is seen again at the point that the report names. Raises Failed where it is not, and could be."""
    told = message or r.message
    if any(ending in told for ending in ENDINGS) or r.witness is None:
        return (UNSEEN,)
    w = r.witness
    P, own, T = _floats(w)
    try:
        q = subject.evaluator.checked(P, own, T)
        subject.evaluator.repeatable(P[None], own[None], q[None], T[None] if isinstance(T, np.ndarray) else T)
        if not np.isfinite(q).all():
            return (SEEN,)
        if subject.evaluator.mode == "jax":
            subject.evaluator.jaxpr(w.K, w.C, T is not None)
    except Misbehaviour:
        return (SEEN,)
    except Exception:  # it cannot be traced where it can be called
        return (SEEN,)
    raise Failed("it behaves at the point that the report names: two calls, and finite values of the right shape")


def _floats(w: WitnessModel) -> tuple[np.ndarray, np.ndarray, float | np.ndarray | None]:
    P = np.array([[float(view.fraction(x)) for x in p] for p in w.P])
    own = np.array([float(view.fraction(x)) for x in w.w])
    if w.Ts is not None:
        return P, own, np.array([float(view.fraction(x)) for x in w.Ts])
    return P, own, float(view.fraction(w.T[0])) if w.T else None
