"""Honest reports, made once: of a pool with proofs and counterexamples, and of one that holds, is fragile and open in places."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import axiomkd
from axiomkd.core.report import Report
from axiomkd.tracing.numerics import prepare
from axiomkd.verify.report import Met

from .reports import OPERATORS, written


@pytest.fixture(scope="session")
def honest(tmp_path_factory) -> dict[str, Any]:
    """The folder of the operators, reports on them by name, and what verifying has found out of them so far."""
    prepare("cpu")
    folder = tmp_path_factory.mktemp("honest")
    written(folder, OPERATORS)
    (folder / "other.py").write_text(OPERATORS.replace("w @ jnp.log(P)", "w**2 @ jnp.log(P)"), encoding="utf-8")
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        options: dict[str, Any] = {"effort": "quick", "K": [2, 3], "C": [2, 3]}
        made = {
            name: json.loads(axiomkd.check(f"ops.py::{name}", **options).to_json())
            for name in ("log_pool", "squares", "entropy")
        }
    finally:
        os.chdir(before)
    met: Met = {}
    return {"folder": folder, "met": met, **made}


PROJECT = """[tool.axiomkd.profiles.ours]
convexity = "unanimity"
"""


def load(made: dict[str, Any]) -> Report:
    return Report.model_validate(made)
