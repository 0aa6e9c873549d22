"""Every leaf of an honest report is changed, one at a time: what stands all the same is in the list below, and told."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from axiomkd.core.errors import LoadError
from axiomkd.tracing.numerics import prepare
from axiomkd.verify.line import Failed
from axiomkd.verify.report import verify

from .conftest import load

pytestmark = pytest.mark.slow

# What `line.AS_TOLD` says that nobody verifies; and the temperature of a limit, which a little more of is as good a witness.
AS_TOLD = {
    "version", "partial", "settings.seed", "settings.K", "settings.C", "settings.sizes", "settings.device",
    "settings.fail_fast", "operators.message", "operators.output", "operators.seconds",
    "operators.confined", "operators.outside", "operators.verified", "operators.repairs", "operators.precision",
    "operators.readings.cases", "operators.readings.seconds", "operators.readings.message", "operators.readings.unproved",
    "operators.readings.margin", "operators.readings.witness.margin",
    "operators.readings.certificate.claims.text", "operators.readings.certificate.certificate.claims.text",
    "operators.readings.certificate.with.simplex.claims.text",
    "operators.readings.witness.T", "operators.readings.largest.T",
}  # fmt: skip

Path_ = tuple[Any, ...]


def leaves(x: Any, path: Path_ = ()) -> Iterator[Path_]:
    if isinstance(x, dict) and x:
        for key, value in x.items():
            yield from leaves(value, (*path, key))
    elif isinstance(x, list) and x:
        for n, value in enumerate(x):
            yield from leaves(value, (*path, n))
    else:
        yield path


def other(x: Any) -> Any:
    match x:
        case bool():
            return not x
        case int() | float():
            return x + 1
        case str():
            return x + "x" if not x.isdigit() else str(int(x) + 1)
        case None:
            return "x"
        case []:
            return ["x"]
        case {}:
            return {"x": "x"}
    raise AssertionError(x)


def changed(made: Any, path: Path_) -> Any:
    made = copy.deepcopy(made)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = other(at[path[-1]])
    return made


def named(path: Path_) -> str:
    return ".".join(str(p) for p in path if not isinstance(p, int))


def one_of_a_kind(made: Any) -> list[Path_]:
    """A leaf of each name, of each verdict and kind of certificate."""
    kinds: dict[tuple, Path_] = {}
    for path in leaves(made):
        row = (
            made["operators"][0]["readings"][path[3]]
            if path[:1] == ("operators",) and path[2:3] == ("readings",)
            else {}
        )
        kind = (row.get("certificate") or {}).get("kind")
        kinds.setdefault((named(path), row.get("verdict"), kind), path)
    return list(kinds.values())


@pytest.mark.parametrize("name", ["log_pool", "squares", "entropy"])
def test_no_leaf_of_a_report_is_believed(honest, name, monkeypatch):
    prepare("cpu")
    monkeypatch.chdir(honest["folder"])
    assert list(verify(load(honest[name]), met=honest["met"]))
    stood = set()
    for path in one_of_a_kind(honest[name]):
        try:
            list(verify(load(changed(honest[name], path)), met=honest["met"]))
        except (Failed, LoadError, ValidationError):
            continue
        if path[2:3] != ("pictures",):
            stood.add(named(path))
    assert stood <= AS_TOLD, " ".join(sorted(stood - AS_TOLD))
