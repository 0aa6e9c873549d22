"""What is known to be violated: which entry speaks of what, until when, and what is left of the exit code."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axiomkd import axioms
from axiomkd.core.expected import Expected
from axiomkd.core.report import Failure, Report
from axiomkd.gate import judge
from tests.report import samples

TODAY = date(2027, 3, 31)
FIELDS = ("target", "reading", "verdict", "state", "reason", "until")


def entry(target="my_op.py::a", reading="convexity/envelope", **more) -> Expected:
    return Expected(target, reading, **{"reason": "issue 12", **more})


def report(*verdicts: tuple[str, str], name="a", failures=()) -> Report:
    special = [samples.reading(reading, verdict) for reading, verdict in verdicts]
    return samples.report(samples.operator(name, *special), failures=failures)


@pytest.mark.parametrize(
    "written, matches",
    [
        ("my_op.py::power[alpha=2]", True),
        ("./my_op.py::power", True),
        ("my_op.py", True),
        ("x/../my_op.py", True),
        ("my_op.py::pow", False),
        ("my_op.py::power[alpha=3]", False),
        ("other.py::power", False),
        ("op.py", False),
        ("power", False),
    ],
)
def test_what_an_entry_speaks_of(written, matches):
    found = judge.matching([entry(written)], "my_op.py::power[alpha=2]", "power[alpha=2]", "convexity/envelope")
    assert (found is not None) == matches
    assert judge.matching([entry(written)], "my_op.py::power[alpha=2]", "power[alpha=2]", "convexity/hull") is None


@pytest.mark.parametrize(
    "written, target, matches",
    [
        ("zoo:linear", "zoo:linear", True),
        ("zoo:", "zoo:linear", True),
        ("zoo:log", "zoo:linear", False),
        ("pkg.mod", "pkg.mod:f", True),
        ("pkg.mod:f", "pkg.mod:f", True),
        ("pkg", "pkg.mod:f", False),
    ],
)
def test_modules_and_the_zoo(written, target, matches):
    name = target.partition(":")[2]
    assert (judge.matching([entry(written)], target, name, "convexity/envelope") is not None) == matches


def test_the_narrowest_entry_counts_and_of_those_the_first():
    wide, family, own, again = (
        entry(one, reason=str(n)) for n, one in enumerate(["a.py", "a.py::p", "a.py::p[x=1]", "a.py::p[x=1]"])
    )
    assert judge.matching([wide, family, own, again], "a.py::p[x=1]", "p[x=1]", "convexity/envelope") is own
    assert judge.matching([wide, family, own], "a.py::p[x=2]", "p[x=2]", "convexity/envelope") is family
    assert judge.matching([wide, family, own], "a.py::q", "q", "convexity/envelope") is wide
    from_baseline = entry("a.py::q", strict=False)
    assert judge.matching([from_baseline, wide], "a.py::q", "q", "convexity/envelope") is wide
    assert judge.matching([from_baseline, wide], "a.py::q", "q", "convexity/hull") is None


@pytest.mark.parametrize(
    "verdict, more, state, code",
    [
        ("refuted", {}, "known", 0),
        ("refuted", {"until": TODAY}, "known", 0),
        ("refuted", {"until": date(2027, 3, 30)}, "expired", 1),
        ("inconclusive", {}, "known", 0),
        ("fragile", {"until": date(2027, 3, 30)}, "expired", 3),
        ("holds", {}, "fixed", 0),
        ("proved", {"until": date(2027, 3, 30)}, "fixed", 0),
        ("refuted", {"verdict": "refuted"}, "known", 0),
        ("fragile", {"verdict": "refuted"}, "known", 0),
        ("refuted", {"verdict": "inconclusive"}, None, 1),  # worse than it was: new
        ("error", {}, None, 1),
    ],
)
def test_states_and_exit_codes(verdict, more, state, code):
    judged = judge.judged(report(("envelope", verdict)), [entry(**more)], TODAY)
    assert [one.state for one in judged.known] == ([state] if state else [])
    assert judge.exit_code(judged) == code
    assert judged.operators == report(("envelope", verdict)).operators  # no verdict is touched


def test_what_is_told_of_a_known_violation():
    (one,) = judge.judged(report(("envelope", "refuted")), [entry(until=TODAY)], TODAY).known
    assert (one.target, one.axiom, one.reading, one.verdict) == ("my_op.py::a", "convexity", "envelope", "refuted")
    assert (one.reason, one.until, one.source) == ("issue 12", "2027-03-31", "pyproject.toml")


def test_one_excuse_does_not_excuse_another():
    both = report(("envelope", "refuted"), ("responsive", "refuted"))
    assert judge.exit_code(judge.judged(both, [entry()], TODAY)) == 1
    two = [entry(), entry(reading="weight-monotonicity/responsive")]
    assert judge.exit_code(judge.judged(both, two, TODAY)) == 0
    assert judge.exit_code(judge.judged(report(("envelope", "refuted"), name="b"), two, TODAY)) == 1


def test_what_nothing_requires_is_not_known():
    assert judge.judged(report(("hull", "refuted")), [entry(reading="convexity/hull")], TODAY).known == []


def test_failures_and_defects_are_never_excused():
    broken = report(("envelope", "refuted"), failures=(Failure(target="gone.py", message="no such file"),))
    assert judge.exit_code(judge.judged(broken, [entry()], TODAY)) == 2
    one = samples.operator("a", samples.reading("envelope", "refuted"), defect=True, status="error")
    assert judge.exit_code(judge.judged(samples.report(one), [entry()], TODAY)) == 70


def test_known_and_allowed_together():
    both = report(("envelope", "refuted"), ("responsive", "inconclusive"))
    judged = judge.judged(both, [entry()], TODAY)
    assert judge.exit_code(judged) == 3
    assert judge.exit_code(judged, ["inconclusive"]) == 0
    assert judge.exit_code(judged, ["fragile"]) == 3


VERDICTS = st.sampled_from(["proved", "holds", "refuted", "fragile", "inconclusive", "error"])
REQUIRED = [f"{axiom}/{name}" for axiom, names in axioms.PROFILES["article"].items() for name in names]
ENTRIES = st.lists(
    st.builds(
        Expected,
        st.sampled_from(["my_op.py::a", "my_op.py::b", "my_op.py"]),
        st.sampled_from(REQUIRED),
        st.just("why"),
        until=st.sampled_from([None, date(2027, 1, 1), date(2028, 1, 1)]),
        verdict=st.sampled_from([None, "refuted", "fragile"]),
    ),
    max_size=6,
)


@given(st.lists(VERDICTS, min_size=5, max_size=5), ENTRIES, st.sets(st.sampled_from(["fragile", "inconclusive"])))
def test_what_is_written_down_never_makes_it_worse_and_never_hides_an_error(verdicts, entries, allow):
    names = [one.partition("/")[2] for one in REQUIRED]
    plain = report(*zip(names, verdicts, strict=True))
    judged = judge.judged(plain, entries, TODAY)
    before, after = judge.exit_code(plain, tuple(allow)), judge.exit_code(judged, tuple(allow))
    rank = {0: 0, 3: 1, 1: 2}
    assert rank[after] <= rank[before]
    if "error" in verdicts:
        assert after == 1 and judged.known == []
    lasting = {one.reading for one in entries if not one.expired(TODAY) and one.target != "my_op.py::b"}
    if any(v == "refuted" and id not in lasting for id, v in zip(REQUIRED, verdicts, strict=True)):
        assert after == 1
