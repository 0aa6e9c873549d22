"""Checking from Python: a callable in this process, a target in another, and what a failed assertion says."""

import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import axiomkd
from axiomkd.core.errors import AxiomViolation, LoadError, UsageError
from axiomkd.core.operator import REGISTERED, describe

pytestmark = pytest.mark.usefixtures("one_size")

SMALL = {"effort": "quick", "K": 2, "C": "2-3"}


def linear(P, w):
    return w @ P


def mean(P, w):
    return P.mean(axis=0)


def raises(P, w):
    raise RuntimeError("raises on purpose")


@pytest.fixture
def registering():
    before = len(REGISTERED)
    yield
    del REGISTERED[before:]


def test_a_function_is_checked_where_it_stands():
    report = axiomkd.check(linear, readings=["simplex", "weight-monotonicity/pull"], **SMALL)
    (one,) = report.operators
    assert [r.reading for r in one.readings] == ["simplex", "pull"]
    assert {r.verdict for r in one.readings} <= {"proved", "holds"}
    assert (one.name, Path(one.file).name) == ("linear", "test_api.py")
    assert one.line == linear.__code__.co_firstlineno
    assert report.settings.sizes == [(2, 2), (2, 3)]
    assert isinstance(report, axiomkd.Report) and report.to_json().startswith("{")


@pytest.mark.whole
def test_jax_is_left_as_it_was():
    before = jax.config.jax_enable_x64  # type: ignore[attr-defined]
    try:
        for wanted in (False, True):
            jax.config.update("jax_enable_x64", wanted)
            axiomkd.check(linear, readings=["simplex"], **SMALL)
            assert jax.config.jax_enable_x64 is wanted  # type: ignore[attr-defined]
    finally:
        jax.config.update("jax_enable_x64", before)


@pytest.mark.whole
def test_a_registered_function_is_checked_as_it_was_registered(registering):
    @axiomkd.operator(name="pools", claims={"convexity": "simplex"}, params={"mix": [0.0, 0.5]})
    def pool(P, w, mix):
        return (1 - mix) * (w @ P) + mix * P[0]

    report = axiomkd.check(pool, readings=["simplex"], **SMALL)
    assert [one.name for one in report.operators] == ["pools[mix=0.0]", "pools[mix=0.5]"]
    assert report.operators[0].requires == {"convexity": ["simplex"]}


@pytest.mark.whole
def test_an_operator_and_a_target_are_taken_too():
    assert axiomkd.check(describe(linear, name="mine"), readings=["simplex"], **SMALL).operators[0].name == "mine"
    (one,) = axiomkd.check("zoo:linear", readings=["simplex"], **SMALL).operators
    assert one.target == "zoo:linear" and one.status == "valid"


def test_a_valid_operator_passes_in_silence():
    assert axiomkd.assert_valid(linear, "permissive", readings=["simplex"], **SMALL) is None


def test_a_violation_tells_operator_reading_witness_and_how_to_see_it():
    with pytest.raises(AxiomViolation) as raised:
        axiomkd.assert_valid(mean, readings=["responsive"], **SMALL)
    text = str(raised.value)
    assert isinstance(raised.value, AssertionError)
    assert "`mean`" in text and "weight-monotonicity/responsive refuted" in text
    assert "teacher 0" in text and "test_api.py::mean" in text and "1/2" in text
    assert raised.value.report.exit_code == 1  # type: ignore[attr-defined]


def test_an_operator_that_raises_is_told_with_its_call():
    with pytest.raises(AxiomViolation) as raised:
        axiomkd.assert_valid(raises, readings=["simplex"], **SMALL)
    text = str(raised.value)
    assert "raises on purpose" in text and "test_api.py" in text and "teacher 0" in text
    assert "engine.py" not in text


def test_undecided_fails_unless_allowed(registering):
    @axiomkd.operator(domain="interior", claims={"continuity": "closed"})
    def open_pool(P, w):
        return w @ P

    with pytest.raises(AxiomViolation, match="inconclusive"):
        axiomkd.assert_valid(open_pool, readings=["closed"], **SMALL)
    axiomkd.assert_valid(open_pool, readings=["closed"], allow=["inconclusive"], **SMALL)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"profile": "no-such"}, "article"),
        ({"effort": "huge"}, "quick, standard, thorough"),
        ({"softener": "no-such"}, "power, uniform-mix"),
        ({"readings": ["no-such"]}, "envelope"),
        ({"K": 1}, "K"),
        ({"C": [2, 5000]}, "C"),
        ({"timeout": 3}, "timeout"),
        ({"budget": -1}, "budget"),
    ],
)
def test_a_bad_argument_is_told_with_what_is_allowed(options, said):
    with pytest.raises(UsageError, match=said):
        axiomkd.check(linear, **options)


def test_what_cannot_be_loaded_is_raised():
    with pytest.raises(LoadError, match="no_such_file.py: no such file"):
        axiomkd.check("no_such_file.py")


def test_profiles_of_ones_own():
    report = axiomkd.check(linear, "mine", profiles={"mine": {"convexity": "hull"}}, readings=["hull"], **SMALL)
    assert report.profile.requires == {"convexity": ["hull"]} and report.operators[0].profiles["mine"] is True


@pytest.mark.whole
def test_readings_asked_for_are_what_is_judged():
    def half(P, w):
        return (w @ P) / 2

    report = axiomkd.check(half, readings=["hull", "nonnegative"], **SMALL)
    (one,) = report.operators
    assert report.exit_code == 1 and one.requires == {"convexity": ["hull"], "positivity": ["nonnegative"]}
    axiomkd.assert_valid(half, readings=["nonnegative"], **SMALL)


def test_numpy_functions_get_numpy_arrays():
    seen = set()

    def looks(P, w):
        seen.add(type(P))
        return np.dot(w, P)

    axiomkd.check(describe(looks, backend="numpy"), readings=["simplex"], **SMALL)
    assert np.ndarray in seen


def test_importing_the_api_imports_no_jax():
    text = "import sys, axiomkd; axiomkd.check; axiomkd.Report; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", text], check=True)


@pytest.mark.parametrize("options", [{"readings": 3}, {"K": "x"}, {"seed": -1}, {"profile": 3}, {"device": "gpu"}])
def test_an_argument_is_told_by_its_name_and_not_as_a_flag(options):
    with pytest.raises((UsageError, TypeError)) as raised:
        axiomkd.check(linear, **options)
    assert "--" not in str(raised.value) and next(iter(options)) in str(raised.value) or "int" in str(raised.value)


@pytest.mark.whole
def test_a_target_is_answered_from_the_cache_as_by_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "mine.py"
    file.write_text("from axiomkd import operator\n\n@operator\ndef mine(P, w):\n    return w @ P\n")
    asked = {"readings": ["simplex"], **SMALL}
    assert not Path(".axiomkd_cache").exists() or axiomkd.check("mine.py", cache=False, **asked)
    axiomkd.check("mine.py", cache=False, **asked)
    assert not Path(".axiomkd_cache").exists()
    first = axiomkd.check("mine.py", **asked)
    kept = len(list(Path(".axiomkd_cache").glob("*.json")))
    from axiomkd.run import isolate

    monkeypatch.setattr(isolate, "run", None)  # nothing may be run now
    if kept:
        assert axiomkd.check("mine.py", **asked) == first
    file.write_text(file.read_text() + "\n")
    with pytest.raises(TypeError):
        axiomkd.check("mine.py", **asked)
