"""What an operator was when it was looked at: hashes of its source file and of its jaxpr.

Knows no report.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from axiomkd.core.operator import Operator
from axiomkd.core.package import ROOT

if TYPE_CHECKING:  # whoever tells of a process that did not come back hashes a file, and needs no JAX
    from axiomkd.operators.evaluate import Evaluator

PLACES = ((2, 3), (2, 2), (3, 2), (3, 3), (4, 3))  # sizes to trace at, the first that the operator supports


def of(operator: Operator, evaluator: Evaluator | None = None) -> dict[str, str]:
    """`source` and `jaxpr`, each where there is one."""
    found = {"source": source(operator.file), "jaxpr": "" if evaluator is None else jaxpr(evaluator)}
    return {name: digest for name, digest in found.items() if digest}


def source(file: str) -> str:
    """The sha256 of a file, relative to the working folder or to what holds this package; "" where it cannot be read."""
    for path in (Path(file), ROOT / file):
        if file and path.is_file():
            try:
                return hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:
                return ""
    return ""


def jaxpr(evaluator: Evaluator) -> str:
    """The sha256 of the jaxpr's text at a small size; "" where the operator cannot be traced."""
    operator = evaluator.operator
    size = next((s for s in PLACES if operator.supports(*s)), None)
    if size is None or evaluator.mode != "jax":
        return ""
    try:
        text = str(evaluator.traced(*size, operator.takes_temperature))
    except Exception:  # what the operator does wrong is told elsewhere
        return ""
    return hashlib.sha256(re.sub(r" at 0x[0-9a-f]+", "", text).encode()).hexdigest()
