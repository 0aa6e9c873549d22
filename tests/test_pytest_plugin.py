"""The pytest plugin, run by pytest on small projects: what is collected, what fails with what text, what is excused."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import axiomkd

# Imported here once: pytester forgets what is first imported inside a run, and two copies of a class are two classes.
import axiomkd.run.preload
import axiomkd.testing
import axiomkd.testing.collected
from axiomkd.core.errors import AxiomViolation

pytest_plugins = ["pytester"]

OPS = """
from axiomkd import operator

with open("loaded.txt", "a") as log:
    log.write("x")

@operator
def mean(P, w):
    return w @ P

@operator(params={"factor": [1, 2]})
def scaled(P, w, factor=1):
    print("scaled was here")
    return factor * (w @ P)
"""
CONFIG = '[tool.axiomkd]\neffort = "quick"\nK = 2\nC = 2\nseed = 5\n'
ARTICLE = [
    "convexity/envelope",
    "positivity/common-support",
    "continuity/interior",
    "weight-monotonicity/responsive",
    "temperature-coherence/nonexpansive",
]


LOADED = 1 + 3 + 3  # for what it registers, to check each of three operators, and to look at each from outside


@pytest.fixture
def project(pytester, monkeypatch):
    monkeypatch.setenv("AXIOMKD_CONFINE", "off")  # a file of operators counts there how often it is loaded
    pytester.makefile(".toml", pyproject=CONFIG)
    pytester.makepyfile(ops=OPS)
    time.sleep(0.06)
    return pytester


def configure(project, text: str) -> None:
    project.makefile(".toml", pyproject=CONFIG + text)


def run(project, *args: str):
    return project.runpytest_inprocess("--axiomkd", "-p", "no:cacheprovider", "-p", "no:xdist", *args)


def collected(result) -> list[str]:
    return [line for line in result.outlines if "::" in line and not line.startswith(("FAILED", "ERROR", "XFAIL"))]


# --- what is collected -----------------------------------------------------------------------------------------------


def test_an_item_a_required_reading(project):
    found = collected(run(project, "ops.py", "--collect-only", "-q"))
    names = ["mean", "scaled[factor=1]", "scaled[factor=2]"]
    assert found == [f"ops.py::{name}::{reading}" for name in names for reading in ARTICLE]


def test_readings_asked_for_are_the_items_whatever_profile_and_claims_say(project):
    text = Path("pyproject.toml").read_text()
    Path("pyproject.toml").write_text(
        text.replace("[tool.axiomkd]", '[tool.axiomkd]\nreading = ["hull", "simplex"]', 1)
    )
    Path("claims.py").write_text(OPS.replace("@operator\n", "@operator(claims='log')\n"))
    found = collected(run(project, "ops.py::mean", "claims.py::mean", "--collect-only", "-q"))
    assert found == [f"{file}.py::mean::convexity/{r}" for file in ("ops", "claims") for r in ("simplex", "hull")]


@pytest.mark.whole
def test_selecting_by_id_by_keyword_and_by_profile(project):
    assert collected(run(project, "ops.py::mean::convexity/envelope", "--collect-only", "-q")) == [
        "ops.py::mean::convexity/envelope"
    ]
    assert len(collected(run(project, "ops.py::scaled[factor=2]", "--collect-only", "-q"))) == 5
    found = collected(run(project, "ops.py", "--collect-only", "-q", "-k", "mean and convexity"))
    assert found == ["ops.py::mean::convexity/envelope"]
    found = collected(run(project, "ops.py::mean", "--collect-only", "-q", "--axiomkd-profile", "paper"))
    assert found == [f"ops.py::mean::{axiom}/{name}" for axiom, names in PAPER.items() for name in names]


PAPER = axiomkd.axioms.PROFILES["paper"]


def test_in_a_folder_only_what_registers_operators(project):
    project.makepyfile(other="raise SystemExit('never run')", test_own="def test_own():\n    pass\n")
    project.mkdir("sub")
    Path("sub/more.py").write_text(OPS.replace("mean", "also"))
    Path("sub/unrelated.py").write_text("import axiomkd\n")
    found = collected(run(project, ".", "--collect-only", "-q"))
    assert {one.split("::")[0] for one in found} == {"ops.py", "test_own.py", "sub/more.py"}
    assert len(found) == 31


def test_without_the_option_nothing_is_different(project):
    result = project.runpytest_inprocess("-p", "no:cacheprovider", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["no tests collected*"])
    assert "axiomkd" not in result.stdout.str().replace("test_without", "")


def test_loading_the_plugin_costs_nothing():
    code = "import sys, axiomkd.testing.plugin; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"jax", "numpy", "pydantic", "rich", "axiomkd.axioms", "axiomkd.run.session"} & set(loaded) == set()


@pytest.mark.parametrize(
    "code, said",
    [
        ("def (", "ops.py, line 1: invalid syntax"),
        (
            "from axiomkd import operator\nx = 1 / 0\n",
            "line 2: raised ZeroDivisionError: division by zero when imported",
        ),
        ("x = 1", "registers no operator"),
        ("from axiomkd import operator\n@operator(claims='no')\ndef f(P, w): return w @ P", "no profile 'no'"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_one_error_without_our_lines(project, code, said):
    project.makepyfile(ops=code)
    result = run(project, "ops.py")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert said in result.stdout.str() and "pytest_gate" not in result.stdout.str()
    result.assert_outcomes(errors=1)


@pytest.mark.parametrize(
    "args, config, said",
    [
        (("--axiomkd-profile", "no"), "", "no profile 'no'"),
        (("--axiomkd-effort", "no"), "", "quick, standard, thorough"),
        ((), "no = 1\n", "no option 'no'"),
        ((), 'baseline = "gone.json"\n', "there is no gone.json"),
    ],
)
def test_options_that_will_not_do_are_one_usage_error(project, args, config, said):
    configure(project, config)
    result = run(project, "ops.py", *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


# --- what is found ---------------------------------------------------------------------------------------------------


@pytest.mark.whole
def test_outcomes_witness_output_header_and_summary(project):
    result = run(project, "ops.py", "-rA")
    result.assert_outcomes(passed=12, failed=3)
    said = result.stdout.str()
    device = "device JAX's choice"
    assert f"axiomkd {axiomkd.__version__}: profile article, effort quick, seed 5, {device}" in said
    assert "axiomkd: 3 operators against article: 2 meet, 1 fails" in said
    assert "float64 on cpu" in said
    assert "`scaled[factor=2]` · convexity/envelope refuted (exact)" in said
    assert "the aggregate sums to 2, not to 1" in said and "aggregate" in said and "to see it again:" in said
    assert "pytest_gate" not in said and "Traceback" not in said
    assert "scaled was here" in said and "operator output" in said
    # Each file is loaded once to see what it holds, and each of three operators once: readings do not load it again.
    assert Path("loaded.txt").read_text() == "x" * LOADED


def test_an_operator_in_error_shows_its_own_lines_and_is_never_excused(project):
    project.makepyfile(ops="from axiomkd import operator\n@operator\ndef f(P, w):\n    raise ValueError('mine')\n")
    configure(project, '[[tool.axiomkd.expected]]\ntarget = "ops.py"\nreading = "envelope"\nreason = "known"\n')
    result = run(project, "ops.py")
    result.assert_outcomes(failed=5)
    assert "raised ValueError: mine" in result.stdout.str() and "line 4" in result.stdout.str()


def expected(reading: str, more: str = "", target: str = "ops.py::scaled[factor=2]") -> str:
    return f'[[tool.axiomkd.expected]]\ntarget = "{target}"\nreading = "{reading}"\nreason = "issue 12"\n{more}\n'


@pytest.mark.whole
def test_what_is_expected_is_excused_with_its_reason(project):
    configure(project, expected("envelope", "until = 2999-01-01") + expected("nonexpansive"))
    result = run(project, "ops.py::scaled[factor=2]", "-rx")
    result.assert_outcomes(passed=2, xfailed=2, failed=1)
    assert "issue 12, until 2999-01-01 (pyproject.toml)" in result.stdout.str()
    assert "1 fails; violations written down: 2 known" in result.stdout.str()
    run(project, "ops.py::scaled[factor=2]", "--runxfail").assert_outcomes(passed=2, failed=3)


@pytest.mark.whole
def test_what_is_expected_and_met_fails(project):
    configure(project, expected("envelope", target="ops.py::mean"))
    result = run(project, "ops.py::mean")
    result.assert_outcomes(passed=4, failed=1)
    assert "pyproject.toml expects that it does not (issue 12). Remove the entry." in result.stdout.str()
    run(project, "ops.py::mean", "--runxfail").assert_outcomes(passed=5)


@pytest.mark.whole
def test_what_has_expired_is_excused_no_longer(project):
    configure(project, expected("envelope", "until = 2020-01-01"))
    result = run(project, "ops.py::scaled[factor=2]")
    result.assert_outcomes(passed=2, failed=3)
    assert "expired on 2020-01-01: issue 12." in result.stdout.str()


@pytest.mark.whole
def test_a_baseline_excuses_and_what_it_holds_may_be_mended(project):
    report = axiomkd.check("ops.py", effort="quick", K=2, C=2)
    report.save("base.json")
    configure(project, 'baseline = "base.json"\n')
    run(project, "ops.py").assert_outcomes(passed=12, xfailed=3)
    time.sleep(0.06)
    project.makepyfile(ops=OPS.replace("factor * (w @ P)", "w @ P"))
    run(project, "ops.py").assert_outcomes(passed=12, xpassed=3)


@pytest.mark.whole
def test_claims_replace_the_profile_and_what_is_not_claimed_is_shown(project):
    project.makepyfile(
        ops="""
        from axiomkd import operator

        @operator(claims={"convexity": "hull", "positivity": "nonnegative"})
        def mean(P, w):
            return w @ P

        @operator(claims={"positivity": "nonnegative"})
        def twice(P, w):
            return 2 * (w @ P)
        """
    )
    result = run(project, "ops.py", "-rxX")
    # mean: hull covers envelope; four of the profile are not claimed and hold. twice: three of five fail.
    result.assert_outcomes(passed=3, xpassed=6, xfailed=3)
    assert "not claimed (claims: its own)" in result.stdout.str()


@pytest.mark.whole
def test_what_is_allowed_is_skipped(project):
    project.makepyfile(
        ops="from axiomkd import operator\n@operator(domain='interior', claims={'continuity': 'closed'})\n"
        "def f(P, w): return w @ P\n"
    )
    configure(project, 'profile = "permissive"\n')
    result = run(project, "ops.py", "-k", "closed")
    result.assert_outcomes(failed=1)
    configure(project, 'profile = "permissive"\nallow = ["inconclusive"]\n')
    run(project, "ops.py", "-k", "closed").assert_outcomes(skipped=1)


@pytest.mark.whole
def test_with_xdist_each_operator_is_still_checked_once(project):
    configure(project, "cache = false\n")
    args = ["--axiomkd", "-p", "no:cacheprovider", "-n", "2", "ops.py"]
    result = project.runpytest_subprocess(*args)
    result.assert_outcomes(passed=12, failed=3)
    assert Path("loaded.txt").read_text() == "x" * LOADED
    assert "axiomkd: 3 operators against article: 2 meet, 1 fails" in result.stdout.str()


# --- for tests written by hand ---------------------------------------------------------------------------------------


def test_the_fixture_has_the_options_filled_in(project):
    configure(project, "tolerance = 1e-6\ntimeout = 60\n")
    project.makepyfile(
        test_own="""
        def test_own(axiomkd_check):
            report = axiomkd_check(lambda P, w: w @ P, readings=["envelope"])
            assert report.settings.effort == "quick" and report.settings.seed == 5
            assert report.settings.tolerance == 1e-6
            assert report.settings.sizes == [(2, 2)] and report.valid
        """
    )
    project.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


@pytest.mark.whole
def test_parametrize_with_readings(project):
    project.makepyfile(
        test_own="""
        import axiomkd

        class Scaled:
            checked = 0
            def __init__(self, factor):
                self.factor = factor
            def __call__(self, P, w):
                return self.factor * (w @ P)

        def mean(P, w):
            return w @ P

        @axiomkd.parametrize_with_readings([mean, Scaled(2)], effort="quick", K=2, C=2)
        def test_own(check):
            check()

        @axiomkd.parametrize_with_readings([mean, Scaled(2)], readings=["hull"], effort="quick", K=2, C=2)
        def test_hull(check):
            check()
        """
    )
    result = project.runpytest_inprocess("-p", "no:cacheprovider", "-v")
    result.assert_outcomes(passed=8, failed=4)
    result.stdout.fnmatch_lines(["test_own.py::test_hull[[]scaled-convexity/hull[]] FAILED*"])
    result.stdout.fnmatch_lines(["test_own.py::test_own[[]mean-convexity/envelope[]] PASSED*"])
    result.stdout.fnmatch_lines(["test_own.py::test_own[[]scaled-convexity/envelope[]] FAILED*"])
    said = result.stdout.str()
    assert "the aggregate sums to 2, not to 1" in said
    assert "site-packages" not in said and f"axiomkd{os.sep}testing.py" not in said


@pytest.mark.whole
def test_assert_valid_shows_its_text_and_not_its_lines(project):
    project.makepyfile(
        test_own="""
        import axiomkd

        def test_own():
            axiomkd.assert_valid(lambda P, w: 2 * (w @ P), effort="quick", K=2, C=2, readings=["envelope"])
        """
    )
    result = project.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    assert "the aggregate sums to 2, not to 1" in result.stdout.str()
    assert "api.py" not in result.stdout.str()


def test_the_error_is_an_assertion_error():
    assert issubclass(AxiomViolation, AssertionError)
