"""axiomkd checks aggregation operators of multi-teacher knowledge distillation against their axioms.

The public names are loaded on first use, so that decorating an operator imports neither JAX nor the checker, and the command
hears an interrupt before it has imported anything.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from axiomkd.core.package import VERSION

if TYPE_CHECKING:
    from axiomkd.api import assert_valid, check, precision, prove
    from axiomkd.audit.as_written import AsWritten
    from axiomkd.checker import Checker
    from axiomkd.core.errors import AxiomViolation
    from axiomkd.core.operator import operator
    from axiomkd.core.report import Report
    from axiomkd.evaluation import evaluate
    from axiomkd.report.witness import Witness
    from axiomkd.testing.assertions import parametrize_with_readings

__version__ = VERSION
__all__ = [
    "AsWritten",
    "AxiomViolation",
    "Checker",
    "Report",
    "Witness",
    "assert_valid",
    "axioms",
    "check",
    "evaluate",
    "operator",
    "parametrize_with_readings",
    "precision",
    "prove",
    "strategies",
    "zoo",
]

_WHERE = {
    "check": "axiomkd.api",
    "assert_valid": "axiomkd.api",
    "Checker": "axiomkd.checker",
    "evaluate": "axiomkd.evaluation",
    "precision": "axiomkd.api",
    "AsWritten": "axiomkd.audit.as_written",
    "AxiomViolation": "axiomkd.core.errors",
    "operator": "axiomkd.core.operator",
    "Report": "axiomkd.core.report",
    "Witness": "axiomkd.report.witness",
    "witness_of": "axiomkd.report.witness",
    "replay": "axiomkd.run.replay",
    "parametrize_with_readings": "axiomkd.testing",
}
_MODULES = {name: f"axiomkd.{name}" for name in ("axioms", "strategies", "zoo")}
_MODULES["notebook"] = "axiomkd.report.notebook"  # what `Report` shows of itself, from below the rim


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    if name in _MODULES:
        return import_module(_MODULES[name])
    raise AttributeError(f"module 'axiomkd' has no attribute {name!r}")


class _Prove(ModuleType):
    """`axiomkd.prove` is a function of the interface, and within the package the prover's home: whichever of the two was
    asked for first, it is one object that does for both."""

    def __call__(self, op: Any, *args: Any, **options: Any) -> Report:
        from axiomkd.api import prove

        return prove(op, *args, **options)


import_module("axiomkd.prove").__class__ = _Prove  # its `__init__` is a docstring: this costs nothing


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
