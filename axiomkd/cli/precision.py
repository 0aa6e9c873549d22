"""The command `precision`: an audit run and told. Results go to standard output, what goes wrong to standard error."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from axiomkd.core.codes import USAGE
from axiomkd.core.errors import LoadError, UsageError


def told(
    targets: Sequence[str],
    dtypes: Sequence[str],
    seed: int,
    json: str | None,
    timeout: float | None,
    *,
    verbose: bool,
    tell: Callable[..., None],
) -> int:
    """Audit the targets, show or write the report: the exit code. Raises UsageError."""
    from axiomkd.core.settings import Settings
    from axiomkd.report.precision import lines, summary
    from axiomkd.run import auditing

    if timeout is not None and not timeout > 0:
        raise UsageError(f"--timeout: {timeout!r} will not do; give a positive number of seconds.")
    if seed < 0:
        raise UsageError(f"--seed: {seed!r} will not do; give a whole number, at least 0.")
    failures: list[LoadError] = []

    def failed(e: LoadError) -> None:
        failures.append(e)
        tell(str(e), e.details)

    def shown(one: object) -> None:
        if json != "-":
            print("\n".join(lines(one, verbose=verbose)), end="\n\n", flush=True)  # type: ignore[arg-type]

    settings = Settings(seed=seed, timeout=timeout)
    report = auditing.audits(targets, dtypes, settings, failed, shown)
    if json == "-":
        print(report.to_json(), end="")
    elif report.operators:
        print(summary(report), end="")
    if json not in (None, "-"):
        try:
            report.save(str(json))
        except OSError as e:
            raise UsageError(f"--json {json}: cannot be written ({e}).") from e
    return USAGE if failures else report.exit_code
