"""What an audit found, in words and as lines of Python that see it again. It computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from axiomkd.audit.cases import MANY
from axiomkd.audit.reference import as_floats
from axiomkd.core.audit import KINDS, AdviceModel, DtypeModel, LossModel

if TYPE_CHECKING:
    from axiomkd.audit.engine import Found, Scan, Seen

floats = as_floats


def model(scan: Scan, advised: Mapping[str, AdviceModel]) -> DtypeModel:
    """The dtype's part of the report."""
    own = scan.reference.called.width
    worst, at = _worst(scan)
    return DtypeModel(
        dtype=own.name,
        ran=True,
        cases=len(scan.seen),
        largest_C=scan.largest_C,
        unit=own.unit,
        error=worst,
        error_C=at,
        beneath=sum(_beneath(one) for one in scan.seen),
        losses=[_loss(scan, kind, advised.get(kind)) for kind in KINDS if kind in scan.smallest],
    )


def _worst(scan: Scan) -> tuple[float | None, int | None]:
    from axiomkd.audit.judging import error

    ordinary = [one for one in scan.seen if one.case.ordinary and np.isfinite(one.exact).all()]
    found = [(error(one.result.q, one.exact, one.result.width, one.case.K), one.case.C) for one in ordinary]
    finite = [one for one in found if np.isfinite(one[0])]
    return max(finite, key=lambda one: one[0]) if finite else (None, None)


def _beneath(one: Seen) -> bool:
    from axiomkd.audit.judging import beneath

    return beneath(one.result.q, one.exact, one.result.width, one.case.K)


def _loss(scan: Scan, kind: str, advised: AdviceModel | None) -> LossModel:
    found = scan.smallest[kind]
    case = found.seen.case
    computed, exact = numbers_of(found)
    return LossModel(
        kind=kind,  # type: ignore[arg-type]
        K=case.K,
        C=case.C,
        T=case.T,
        message=message(found, scan.reference.called.width.name),
        place=list(found.loss.place),
        computed=[_decimal(x) for x in computed],
        exact=[_decimal(x) for x in exact],
        confirmed=found.certain,  # type: ignore[arg-type]
        code=list(case.lines),
        reproducer=reproducer(scan, found),
        first_C=scan.first_C.get(kind),
        right_to_C=_right_to_C(scan, kind),
        right_to_p=_right_on_ladder(scan, kind, of_p=True),
        right_to_logit=_right_on_ladder(scan, kind, of_p=False),
        advice=advised,
    )


def numbers_of(found: Found) -> tuple[list[float], list[float]]:
    """What was computed, and what is exact: of the places, or of the sum."""
    q = found.seen.result.q
    if found.loss.kind == "sum-off":
        return [float(q.sum())], [float(found.exact.sum())]
    places = list(found.loss.place)
    return q[places].tolist(), found.exact[places].tolist()


def message(found: Found, dtype: str) -> str:
    """The loss in one sentence."""
    digits = 17 if dtype == "float64" and found.loss.kind != "not-finite" else 8 if dtype == "float32" else 4
    computed, exact = ([f"{x:.{digits}g}" for x in both] for both in numbers_of(found))
    place = found.loss.place
    match found.loss.kind:
        case "not-finite" if found.limit:
            said = f"class {place[0]} gets {computed[0]}: the formula has no value at a 0, and beside it tends to {exact[0]}"
        case "not-finite":
            said = f"class {place[0]} gets {computed[0]}, exactly {exact[0]}"
        case "lost-class":
            said = f"class {place[0]} gets {computed[0]}, exactly {exact[0]}, which {dtype} can represent"
        case "sum-off":
            off = abs(numbers_of(found)[0][0] - numbers_of(found)[1][0])
            said = f"the classes sum to {computed[0]}, exactly {exact[0]}: off by {off:.2g}, more than rounding each explains"
        case _:
            said = (
                f"class {place[0]} gets {computed[0]} and class {place[1]} gets {computed[1]}, exactly {exact[0]} and "
                f"{exact[1]}: they change places"
            )
    return said


def reproducer(scan: Scan, found: Found) -> str:
    """Lines of Python that run the operator as written, and its exact value beside it."""
    case, called = found.seen.case, scan.reference.called
    heat = "" if case.T is None else f", T={case.T:g}"
    show, place = "q, exact", list(found.loss.place)
    if found.loss.kind == "sum-off":
        show = "q.sum(), exact.sum()"
    elif case.C > MANY or len(place) > 1:
        show = f"q[{place}], exact[{place}]"
    exact = f"exact = A.exact(P, w{heat})"
    if found.limit:
        show, exact = "q", ""
    if found.certain == "float64":
        exact = f"exact = A.in_float64(P, w{heat})"
    lines = [
        "import numpy as np",
        "from axiomkd import AsWritten",
        f'A = AsWritten("{called.operator.target}", "{called.width.name}")',
        f"K, C = {case.K}, {case.C}",
        *case.lines,
        f"q = A(P, w{heat}).astype(float)",
        exact,
        f"print({show})",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _right_to_C(scan: Scan, kind: str) -> int | None:
    """The largest C below the first at which ordinary inputs lose it, at which none of them seems to."""
    first = scan.first_C.get(kind)
    if first is None:
        return None
    bad = {one.case.C for one in scan.seen if one.case.ordinary and _has(one, kind)}
    return max((one.case.C for one in scan.seen if one.case.C < first and one.case.C not in bad), default=None)


def _right_on_ladder(scan: Scan, kind: str, *, of_p: bool) -> float | None:
    """The last step of the ladder (smallest p, or largest logit) up to which nothing of the kind is suspected at small sizes."""
    steps = [one for one in scan.seen if one.case.step is not None and one.case.C <= MANY]
    steps = [one for one in steps if (float(one.case.step or 0) < 1) is of_p]
    bad = [float(one.case.step or 0) for one in steps if _has(one, kind)]
    if not bad:
        return None
    every = {float(one.case.step or 0) for one in steps}
    right = {p for p in every if p > max(bad)} if of_p else {z for z in every if z < min(bad)}
    return (min(right) if of_p else max(right)) if right else None


def _has(one: Seen, kind: str) -> bool:
    return any(loss.kind == kind for loss in one.losses) or (
        kind == "not-finite" and not np.isfinite(one.result.q).all()
    )


def _decimal(x: Any) -> str:
    return repr(float(x))
