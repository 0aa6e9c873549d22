"""Audits of precision: targets in, one report out, each operator in a worker, one after the other.

It knows neither how an operator is audited nor how the report is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from axiomkd.core.audit import DTYPES, AuditModel, AuditReport
from axiomkd.core.errors import Failed, LoadError, UsageError
from axiomkd.core.package import VERSION
from axiomkd.core.settings import Settings
from axiomkd.operators.loading import sources
from axiomkd.run import isolate
from axiomkd.run.worker import Audited, Fell, Ref, Refused, audit_operator

LIMIT = 900.0  # seconds that an operator may take where no timeout is given


def checked(dtypes: Iterable[str]) -> list[str]:
    """The names, each once. Raises UsageError on an unknown one."""
    found = list(dict.fromkeys(dtypes))
    for one in found:
        if one not in DTYPES:
            raise UsageError(f"no dtype {one!r}; there are {', '.join(DTYPES)}.")
    return found


def audits(
    targets: Iterable[str],
    dtypes: Sequence[str],
    settings: Settings,
    failed: Callable[[LoadError], None],
    done: Callable[[AuditModel], None] = lambda _: None,
) -> AuditReport:
    """Audit every operator of the targets; what cannot be loaded is told to `failed`, each audit to `done` as it ends."""
    asked = checked(dtypes)
    refs: dict[tuple[str, str], Ref] = {}
    for target in targets:
        try:
            found = [ref for source in sources(target) for ref in isolate.operators(source, settings)]
            if not found:
                raise LoadError(f"{target}: no file in it registers an operator. Decorate one with @operator.")
        except LoadError as e:
            failed(e)
            continue
        refs.update({(ref.target, ref.name): ref for ref in found})
    out = []
    for ref in refs.values():
        out.append(one(ref, asked, settings))
        done(out[-1])
    return report(out, asked, settings.seed)


def report(found: Sequence[AuditModel], asked: Sequence[str], seed: int) -> AuditReport:
    """The report that audits make."""
    return AuditReport(version=VERSION, seed=seed, asked=list(asked), operators=list(found))


def one(ref: Ref, dtypes: Sequence[str], settings: Settings) -> AuditModel:
    """Audit one operator in a process of its own; `problem` says why there is nothing to tell."""
    limit = settings.timeout or LIMIT
    problem = ref.problem or ""
    with isolate.Worker(audit_operator, ref, settings, tuple(dtypes)) as worker:
        for message in worker.messages(limit, hangs=settings.timeout or isolate.HANGS):
            match message:
                case Audited():
                    return message.audit
                case Refused():
                    problem = message.message
                    break
                case Fell(ours=True):
                    raise Failed(f"{ref.target}: axiomkd {VERSION} itself failed here ({message.message}).")
                case Fell():
                    problem = message.message
                    break
                case _:
                    continue
        problem = problem or worker.ending(limit)
    return AuditModel(name=ref.name, target=ref.target, file=ref.file, line=ref.line, problem=problem)
