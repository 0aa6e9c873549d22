"""An audit of precision in plain lines: for the terminal, and the cells of the page's table. It knows no colours."""

from __future__ import annotations

from collections.abc import Iterator

from axiomkd.core.audit import KINDS, AdviceModel, AuditModel, AuditReport, DtypeModel, LossModel

HOW = {"exact": "in exact arithmetic", "ball": "in ball arithmetic", "float64": "against its own float64 run"}


def text(report: AuditReport, *, verbose: bool = False) -> str:
    """The report as a terminal shows it."""
    return "\n".join(line for one in report.operators for line in (*lines(one, verbose=verbose), "")) + summary(report)


def summary(report: AuditReport) -> str:
    """How many operators lose something."""
    lossy, count = sum(one.loses for one in report.operators), len(report.operators)
    return f"{lossy} of {count} operator{'' if count == 1 else 's'} lose{'' if lossy != 1 else 's'} something\n"


def lines(one: AuditModel, *, verbose: bool = False) -> Iterator[str]:
    """One operator: a line a dtype, and what is lost in it. Of each dtype the first reproducer, all where `verbose`."""
    yield f"{one.target or one.name}"
    if one.problem:
        yield f"  not audited: {one.problem}"
        return
    for dtype in one.dtypes:
        yield f"  {dtype.dtype:<9} {state(dtype)}"
        for n, loss in enumerate(dtype.losses):
            yield from (f"    {line}" for line in _loss(loss, whole=verbose or n == 0))
        if dtype.beneath:
            yield f"    a class below what {dtype.dtype} tells from 0 became 0 at {counted(dtype.beneath)}: no loss"


def state(dtype: DtypeModel) -> str:
    """One dtype in a line."""
    if not dtype.ran:
        return f"not judged: {dtype.why}"
    error = f"largest error on ordinary inputs {dtype.error:.1e}" if dtype.error is not None else "no ordinary input"
    found = ", ".join(KINDS[loss.kind] for loss in dtype.losses) or "nothing lost"
    return f"{found} (C to {dtype.largest_C:,}; {error}, one rounding {dtype.unit:.1e})"


def counted(cases: int) -> str:
    return f"{cases} input{'' if cases == 1 else 's'}"


def _loss(loss: LossModel, *, whole: bool) -> Iterator[str]:
    at = f"K = {loss.K}, C = {loss.C:,}" + (f", T = {loss.T:g}" if loss.T not in (None, 1.0) else "")
    yield f"{KINDS[loss.kind]} at {at}: {loss.message} ({HOW[loss.confirmed]})"
    yield from (f"  {line}" for line in reach(loss))
    if loss.advice is not None:
        yield from (f"  {line}" for line in advice(loss.advice))
    if whole:
        yield "  to see it again:"
        yield from (f"    {line}" for line in ["python - <<'EOF'", *loss.reproducer.splitlines(), "EOF"])


def reach(loss: LossModel) -> Iterator[str]:
    """Up to where it is still right."""
    if loss.first_C is not None:
        right = f"right to C = {loss.right_to_C:,}, " if loss.right_to_C is not None else ""
        yield f"on ordinary inputs {right}lost at C = {loss.first_C:,}"
    if loss.right_to_p is not None:
        yield f"right down to a probability of {loss.right_to_p:.0e}"
    if loss.right_to_logit is not None:
        yield f"right up to logits of size {loss.right_to_logit:g}"


def advice(one: AdviceModel) -> Iterator[str]:
    """What would mend it, and what was seen of it."""
    yield f"stable form, run ({one.name}):"
    yield from (f"  {line}" for line in one.how)
    still = "" if not one.still else f", and is still lost at {one.still} of them"
    over = f"{counted(one.cases)} that {'loses' if one.cases == 1 else 'lose'} it"
    yield f"  largest error {_error(one.error)}, before {_error(one.before)}, over {over}{still}"


def _error(x: float | None) -> str:
    return "not finite" if x is None else f"{x:.1e}"
