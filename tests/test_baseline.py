"""A committed report as a baseline, and the table of expected violations: what is read, what is refused, a whole run."""

from datetime import date
from pathlib import Path

import pytest

from axiomkd.core.errors import UsageError
from axiomkd.gate import baseline, configuration, values
from tests.command import axiomkd
from tests.report import samples

OPERATORS = """
from axiomkd import operator

@operator
def twice(P, w):
    return 2 * (w @ P)
"""
TINY = ("--effort", "quick", "-K", "2", "-C", "2", "--quiet")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def committed(**more):
    one = samples.operator("a", samples.reading("envelope", "refuted"), samples.reading("responsive", "fragile"))
    other = samples.operator("b", samples.reading("hull", "refuted"))
    wrong = samples.operator("c", samples.reading("envelope", "error"))
    samples.report(one, other, wrong).model_copy(update=more).save("base.json")


def entries(value) -> list:
    options = {"baseline": values.baseline("baseline", value)}
    return baseline.expectations(options, configuration.Configuration())


def test_each_required_violation_of_the_baseline_is_known():
    committed()
    found = entries("base.json")
    assert [(one.target, one.reading, one.verdict) for one in found] == [
        ("my_op.py::a", "convexity/envelope", "refuted"),
        ("my_op.py::a", "weight-monotonicity/responsive", "fragile"),
    ]
    assert {(one.reason, one.until, one.strict) for one in found} == {("in the baseline base.json", None, False)}


def test_reason_and_last_day_of_a_baseline():
    committed()
    one = entries({"file": "base.json", "reason": "before the gate", "until": "2027-03-31"})[0]
    assert (one.reason, one.until, one.source) == ("before the gate", date(2027, 3, 31), "base.json")


def test_baselines_that_will_not_do():
    with pytest.raises(UsageError, match="there is no base.json. Write one with `axiomkd check"):
        entries("base.json")
    Path("base.json").write_text("{}")
    with pytest.raises(UsageError, match="base.json: not an axiomkd report"):
        entries("base.json")
    committed(partial=True)
    with pytest.raises(UsageError, match="interrupted run"):
        entries("base.json")


def test_the_run_that_writes_the_baseline_knows_nothing_in_it():
    options = {"baseline": values.baseline("baseline", "./base.json"), "json": "base.json"}
    assert baseline.expectations(options, configuration.Configuration()) == []
    committed(partial=True)
    assert baseline.expectations(options, configuration.Configuration()) == []
    committed()
    assert len(baseline.expectations(options, configuration.Configuration())) == 2


def test_a_baseline_is_that_of_the_folder_of_its_configuration(monkeypatch):
    committed()
    Path("pyproject.toml").write_text('[tool.axiomkd]\nbaseline = "base.json"\n')
    Path("ops").mkdir()
    monkeypatch.chdir("ops")
    found = configuration.read(configuration.find())
    assert {one.target for one in baseline.expectations(found.options, found)} == {"../my_op.py::a"}


GOOD = (
    '[[tool.axiomkd.expected]]\ntarget = "ops/a.py::f"\nreading = "envelope"\nreason = "issue 12"\nuntil = 2027-03-31\n'
)


def test_the_table_is_read_from_where_it_stands(monkeypatch):
    Path("ops").mkdir()
    Path("pyproject.toml").write_text(
        '[tool.axiomkd]\nbaseline = "base.json"\ntargets = ["ops/", "zoo:linear", "pkg.mod"]\n' + GOOD
    )
    found = configuration.read(configuration.find())
    (one,) = found.expected
    assert (one.target, one.reading, one.until) == ("ops/a.py::f", "convexity/envelope", date(2027, 3, 31))
    monkeypatch.chdir("ops")
    below = configuration.read(configuration.find())
    assert below.expected[0].target == "a.py::f" and below.options["baseline"].file == "../base.json"
    assert below.options["targets"] == ("./", "zoo:linear", "pkg.mod")


@pytest.mark.parametrize(
    "text, said",
    [
        (GOOD.replace("envelope", "envelop"), "expected, entry 1: no reading 'envelop'"),
        (GOOD.replace("reason", "why"), "no key 'why'; there are target, reading, reason, until"),
        (GOOD.replace('"issue 12"', '""'), "reason is missing or not a text"),
        (GOOD.replace("2027-03-31", '"soon"'), "until: 'soon' will not do; give a date such as 2027-03-31"),
        (GOOD.replace("2027-03-31", "2027-03-31T10:00:00"), "give a date such as"),
        ("[tool.axiomkd]\nexpected = 3\n", "[[tool.axiomkd.expected]]"),
        ("[tool.axiomkd]\nbaseline = 3\n", "baseline: 3 will not do; give a file, or a table"),
        ("[tool.axiomkd]\nbaseline = {reason = 'x'}\n", "give a file, or a table"),
        ("[tool.axiomkd]\nbaseline = {file = 'x', untl = 2027-03-31}\n", "give a file, or a table"),
        ("[tool.axiomkd]\ntargets = 3\n", "targets: 3 will not do; give a list of texts"),
        ("[tool.axiomkd]\ncache = 'no'\n", "cache: 'no' will not do; give true or false"),
    ],
)
def test_a_table_that_will_not_do_is_told_by_its_key(text, said):
    Path("pyproject.toml").write_text(text)
    with pytest.raises(UsageError) as raised:
        configuration.read(configuration.find())
    assert said in str(raised.value) and str(raised.value).startswith("pyproject.toml, [tool.axiomkd]: ")


@pytest.mark.parametrize(
    "written, line",
    [
        ('[tool.axiomkd.profiles.classical]\nconvexity = "hull"\n', 2),
        ('[tool.axiomkd.profiles."promises"]\nconvexity = "hull"\n', 2),
        ('[tool.axiomkd.profiles]\nlog = {convexity = "hull"}\n', 3),
        ('[tool.axiomkd]\nprofiles.strict.convexity = "hull"\n', 3),
    ],
)
def test_a_profile_of_ones_own_with_a_built_in_name_is_told_by_its_line(written, line):
    Path("pyproject.toml").write_text("# settings\n" + written)
    with pytest.raises(UsageError) as raised:
        configuration.read(configuration.find())
    said = str(raised.value)
    assert said.startswith("pyproject.toml, [tool.axiomkd]: profiles.") and f"(line {line})" in said
    assert "is a built-in profile" in said and "Give yours another name, such as 'own-" in said
    assert ("new in this version" in said) == ("classical" in written or "promises" in written)


@pytest.mark.whole
def test_a_project_adopts_the_gate():
    """Everything that is wrong today is written down; then one violation is given a date that is over; then it is mended."""
    Path("ops.py").write_text(OPERATORS)
    assert axiomkd("check", "ops.py", *TINY, "--json", "base.json").returncode == 1
    Path("pyproject.toml").write_text('[tool.axiomkd]\ntargets = ["ops.py"]\nbaseline = "base.json"\n')
    done = axiomkd("check", *TINY, "--junit", "r.xml", "--sarif", "r.sarif", "--github")
    assert done.returncode == 0
    assert "convexity/envelope (known)" in done.stdout and "without an end: in the baseline base.json" in done.stdout
    assert 'type="known"' in Path("r.xml").read_text() and "<failure" not in Path("r.xml").read_text()
    assert '"status": "accepted"' in Path("r.sarif").read_text()
    assert "::notice file=ops.py" in done.stdout and "::error" not in done.stdout

    Path("pyproject.toml").write_text(
        Path("pyproject.toml").read_text()
        + '[[tool.axiomkd.expected]]\ntarget = "ops.py"\nreading = "envelope"\nreason = "issue 7"\nuntil = 2020-01-01\n'
    )
    done = axiomkd("check", *TINY)
    assert done.returncode == 1
    assert "expired on 2020-01-01: issue 7. Mend the operator, or give the entry" in done.stdout

    Path("ops.py").write_text(OPERATORS.replace("2 * ", ""))
    done = axiomkd("check", *TINY)
    assert done.returncode == 0
    assert "convexity/envelope fixed: it is proved now. Remove it from pyproject.toml." in done.stdout
