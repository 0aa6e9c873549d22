"""The door to pytest: options, the fixture, and the gate that `--axiomkd` puts up. Every run of pytest loads this file.

So it imports nothing of the checker before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from axiomkd.core.report import Report


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("axiomkd", "aggregation operators")
    group.addoption(
        "--axiomkd",
        action="store_true",
        help="collect the operators of the Python files given, a test for each reading that they have to meet",
    )
    group.addoption("--axiomkd-profile", metavar="NAME", help="what is required [default: article]")
    group.addoption("--axiomkd-effort", metavar="NAME", help="quick, standard or thorough [default: standard]")
    group.addoption(
        "--axiomkd-fail-fast",
        action="store_true",
        help="stop an operator at the first required reading that is refuted; its other tests are skipped",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("axiomkd"):
        from axiomkd.testing.collected import Gate

        config.pluginmanager.register(Gate(config), "axiomkd-gate")


@pytest.fixture
def axiomkd_check(pytestconfig: pytest.Config) -> Callable[..., Report]:
    """`axiomkd_check(op, **options)` is `axiomkd.check` with the options of pyproject.toml and of the command line filled in."""
    from axiomkd.api import check
    from axiomkd.gate.options import ARGUMENTS
    from axiomkd.testing.collected import options_of

    options, found = options_of(pytestconfig)
    given: dict[str, Any] = {key: options[one.name] for key, one in ARGUMENTS.items() if one.name in options}
    # What is of a process of its own: a callable has none.
    own = {key: given.pop(key) for key in ("timeout", "verify") if key in given}

    def run(op: Any, **more: Any) -> Report:
        __tracebackhide__ = True
        return check(op, **{"profiles": found.profiles, **given, **(own if isinstance(op, str) else {}), **more})

    return run
