"""Operators as tests: a file holds operators, an operator the readings it has to meet. Each operator is checked once a run.

Under pytest-xdist the workers share what they find through a folder. It knows pytest's nodes and marks, and no mathematics.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from axiomkd import axioms
from axiomkd.axioms.summary import requires_of
from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.expected import Expected
from axiomkd.core.package import VERSION
from axiomkd.core.report import OperatorModel, ReadingModel, Report
from axiomkd.core.system import fcntl
from axiomkd.gate import baseline, configuration
from axiomkd.gate import judge as judge
from axiomkd.operators.loading import Source
from axiomkd.report import known, phrases
from axiomkd.report.outcomes import outcome
from axiomkd.report.plain import paragraph, trouble
from axiomkd.run import session
from axiomkd.run.answers import Answers
from axiomkd.run.cache.store import Store
from axiomkd.run.worker import Ref

_REFS = TypeAdapter(list[Ref])


class NotMet(Exception):
    """A reading is not met; the text is the witness. An expected one is excused by pytest's xfail."""


class Stands(Exception):
    """What no expectation excuses: an error, something worse than expected, an expectation that is met by now."""


def options_of(config: pytest.Config) -> tuple[dict[str, Any], configuration.Configuration]:
    """The options of pyproject.toml with those of pytest's command line over them. Raises pytest.UsageError."""
    try:
        found = configuration.read(configuration.find())
        names = ("profile", "effort", "fail_fast")
        given = {name: config.getoption(f"axiomkd_{name}") or None for name in names}
        return configuration.merged(given, found), found
    except UsageError as e:
        raise pytest.UsageError(f"axiomkd: {e}") from None


class Gate:
    """The plugin that `--axiomkd` registers: what is checked, with what settings, and what was found."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.options, found = options_of(config)
        try:
            self.settings = session.resolved(configuration.settings(self.options, found.profiles))
            self.expected = baseline.expectations(self.options, found)
        except UsageError as e:
            raise pytest.UsageError(f"axiomkd: {e}") from None
        if self.expected:  # behind a violation that is known a new one could hide
            self.settings = replace(self.settings, fail_fast=False)
        self.allow: tuple[str, ...] = self.options.get("allow", ())
        self.answers = Answers(Store() if self.options.get("cache", True) else None)
        shared = getattr(config, "workerinput", {}).get("axiomkd_folder")
        self._own = shared is None
        self._folder = Path(shared or tempfile.mkdtemp(prefix="axiomkd-pytest-"))
        self._reports: dict[str, Report] = {}

    # --- pytest's hooks

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """pytest-xdist starts a worker."""
        node.workerinput["axiomkd_folder"] = str(self._folder)

    def pytest_unconfigure(self) -> None:
        if self._own:
            shutil.rmtree(self._folder, ignore_errors=True)

    def pytest_report_header(self) -> str:
        s = self.settings
        device = s.device or "JAX's choice"
        return f"axiomkd {VERSION}: profile {s.profile}, effort {s.effort}, seed {s.seed}, device {device}"

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Any:
        """A file of operators is not imported as a module of tests: its code runs in a worker only."""
        others = yield
        asked = parent.session.isinitpath(file_path)
        if file_path.suffix != ".py" or self._is_test(file_path) or not (asked or _may_register(file_path)):
            return others
        return [OperatorFile.from_parent(parent, path=file_path, gate=self, asked=asked)]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        found = [self._load(file) for file in sorted(self._folder.glob("*.report"))]
        if found:
            whole = found[0].model_copy(
                update={name: [one for r in found for one in getattr(r, name)] for name in ("operators", "known")}
            )
            terminalreporter.write_line(f"axiomkd: {phrases.summary(whole)}")
            terminalreporter.write_line(f"axiomkd: {phrases.searched(whole)}")

    def _is_test(self, path: Path) -> bool:
        patterns = self.config.getini("python_files")
        special = path.name in ("conftest.py", "__init__.py", "setup.py")
        return special or any(fnmatch.fnmatch(path.name, one) for one in patterns)

    # --- what the nodes ask

    def operators(self, path: Path, *, asked: bool) -> list[Ref]:
        """What a file registers. Raises LoadError."""
        text = os.path.relpath(path)

        def find() -> str:
            return _REFS.dump_json(self.answers.operators(Source(text, found=not asked), self.settings)).decode()

        return _REFS.validate_json(self._once(text, "refs", find))

    def report(self, ref: Ref) -> Report:
        """The report on one operator; the first that asks has it checked."""
        if ref.target not in self._reports:
            text = self._once(ref.target, "report", lambda: self._checked(ref).to_json())
            self._reports[ref.target] = Report.model_validate_json(text)
        return self._reports[ref.target]

    def _checked(self, ref: Ref) -> Report:
        report = session.check_one(ref, self.settings, answers=self.answers)
        return judge.judged(report, self.expected, date.today())

    def _load(self, file: Path) -> Report:
        return Report.model_validate_json(file.read_text(encoding="utf-8"))

    def _once(self, name: str, kind: str, make: Callable[[], str]) -> str:
        """The text of that name, made by whoever is first, in whatever process."""
        file = self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.{kind}"
        with _locked(file.with_suffix(f".{kind}-lock")):
            if not file.exists():
                file.write_text(make(), encoding="utf-8")
            return file.read_text(encoding="utf-8")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _may_register(path: Path) -> bool:
    """Whether a file that was only found could register an operator: what does not name axiomkd is not run."""
    try:
        return b"axiomkd" in path.read_bytes()
    except OSError:
        return False


class OperatorFile(pytest.File):
    """A file, of operators."""

    def __init__(self, *, gate: Gate, asked: bool, **more: Any) -> None:
        super().__init__(**more)
        self._gate, self._asked = gate, asked

    def collect(self) -> Iterator[OperatorNode]:
        try:
            refs = self._gate.operators(self.path, asked=self._asked)
            for ref in refs:
                if ref.problem:
                    raise LoadError(f"{ref.file}, line {ref.line}: {ref.problem}")
                requires_of(ref.name, ref.claims, self._gate.settings)
        except UsageError as e:
            details = f"\n{e.details}" if isinstance(e, LoadError) and e.details else ""
            raise self.CollectError(f"axiomkd: {e}{details}") from None
        for ref in refs:
            yield OperatorNode.from_parent(self, name=ref.target.partition("::")[2], ref=ref, gate=self._gate)


class OperatorNode(pytest.Collector):
    """An operator, of the readings it has to meet, and of those of the profile that it does not claim."""

    def __init__(self, *, ref: Ref, gate: Gate, **more: Any) -> None:
        super().__init__(**more)
        self._ref, self._gate = ref, gate

    def collect(self) -> Iterator[ReadingItem]:
        settings, ref = self._gate.settings, self._ref
        required = _ids(requires_of(ref.name, ref.claims, settings))
        if settings.readings:  # asked for one by one: no more is told than that
            yield from (self._item(name, required=True) for name in required)
            return
        claimed = {one.partition("/")[2] for one in required}
        covered = claimed.union(*(axioms.WEAKER[one] for one in claimed))
        others = [one for one in _ids(settings.requires) if one.partition("/")[2] not in covered]
        for name in [*required, *others]:
            yield self._item(name, required=name in required)

    def _item(self, name: str, *, required: bool) -> ReadingItem:
        return ReadingItem.from_parent(self, name=name, ref=self._ref, gate=self._gate, required=required)


def _ids(requires: Any) -> list[str]:
    return [f"{axiom}/{name}" for axiom, names in requires.items() for name in names]


class ReadingItem(pytest.Item):
    """One reading of one operator."""

    def __init__(self, *, ref: Ref, gate: Gate, required: bool, **more: Any) -> None:
        super().__init__(**more)
        self._ref, self._gate, self._required = ref, gate, required
        entry = judge.matching(gate.expected, ref.target, ref.name, self.name) if required else None
        self._entry: Expected | None = entry
        if not required:
            claims = ref.claims if isinstance(ref.claims, str) else "its own"
            self.add_marker(pytest.mark.xfail(reason=f"not claimed (claims: {claims})", strict=False, raises=NotMet))
        elif entry is not None and not entry.expired(date.today()):
            until = f", until {entry.until}" if entry.until else ""
            reason = f"{entry.reason}{until} ({entry.source})"
            self.add_marker(pytest.mark.xfail(reason=reason, strict=False, raises=NotMet))

    def runtest(self) -> None:
        report = self._gate.report(self._ref)
        if report.failures or not report.operators:
            raise Stands("\n".join(one.message for one in report.failures) or f"{self._ref.target}: gone meanwhile")
        operator = report.operators[0]
        if operator.output:
            self.add_report_section("call", "operator output", operator.output)
        reading = next((one for one in operator.readings if f"{one.axiom}/{one.reading}" == self.name), None)
        if operator.status == "error" and (operator.defect or reading is None or reading.verdict == "error"):
            raise Stands(trouble(operator))
        assert reading is not None
        self.user_properties.append(("axiomkd", phrases.verdict(reading)))
        if reading.moot or reading.skipped:
            pytest.skip(reading.message)
        self._judge(report, operator, reading)

    def _judge(self, report: Report, operator: OperatorModel, reading: ReadingModel) -> None:
        plain = report.model_copy(update={"known": []})
        entry = self._entry
        match outcome(plain, operator, reading, self._gate.allow):
            case "met":
                strict = entry is not None and entry.strict and not self.config.getoption("runxfail")
                if strict and entry is not None:
                    raise Stands(
                        f"`{operator.name}` meets {self.name} now, and {entry.source} expects that it does not "
                        f"({entry.reason}). Remove the entry."
                    )
            case "allowed":
                pytest.skip(f"{reading.verdict}, which is allowed: {reading.message}")
            case _:
                text = paragraph(operator, reading, report)
                if entry is None:
                    raise NotMet(text)
                if not judge.covers(entry, reading.verdict):
                    raise Stands(f"worse than in {entry.source}, where it was {entry.verdict}\n{text}")
                told = next((known.sentence(one) for one in report.known if one.reading == reading.reading), "")
                raise NotMet(f"{told}\n{text}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The witness alone: where in this package it was found helps nobody."""
        if isinstance(excinfo.value, NotMet | Stands):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, max(self._ref.line - 1, 0), f"{self._ref.name} {self.name}"
