"""What `axiomkd explain` and `axiomkd list` say: everything has an entry, and each worked example does fail."""

import io
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from rich.console import Console

from axiomkd import axioms
from axiomkd.core.errors import UsageError
from axiomkd.core.softener import SOFTENERS
from axiomkd.explain import worked
from axiomkd.explain.instance import TAKING_T, read
from axiomkd.explain.names import TOGETHER, VERDICTS, explain, overview, together
from axiomkd.prove.families import BY_NAME as THEOREMS_BY_NAME
from axiomkd.prove.families import THEOREMS
from axiomkd.tracing import terms


def said(name: str, width: int = 100) -> str:
    out = io.StringIO()
    explain(name, Console(file=out, width=width, color_system=None))
    return out.getvalue()


@pytest.mark.parametrize("reading", axioms.EVERY, ids=lambda reading: reading.id)
@pytest.mark.weekly(3)
def test_every_reading_has_an_example_that_sympy_finds_failing(reading):
    example = worked.work(reading.name)
    assert example is not None
    assert example.fails
    assert example.steps and example.conclusion
    assert reading.fails in ("", example.operator)


@pytest.mark.parametrize("reading", axioms.EVERY, ids=lambda reading: reading.id)
@pytest.mark.weekly(4)
def test_a_reading_is_explained_by_its_name_and_by_its_id(reading):
    text = said(reading.name, width=1000)
    example = worked.work(reading.name)
    assert example is not None
    for wanted in (reading.id, reading.formula, reading.latex, reading.note, example.conclusion):
        assert wanted in text
    assert said(reading.id, width=1000) == text
    assert all(weak in text for weak in axioms.WEAKER[reading.name] | axioms.STRONGER[reading.name])


@pytest.mark.parametrize(
    "reading, numbers",
    [
        ("ranking", ("211/425", "13/25")),
        ("entropy", ("47/90", "log(2)")),
        ("commutation", ("3/10", "9/34")),
        ("envelope", ("1/9", "1/18")),
        ("favourite", ("3/11", "9/74")),
        ("coordinate", ("1/11", "1/9")),
        ("nonexpansive", ("12/85", "240/4369")),
        ("responsive", ("1/12",)),
        ("hull", ("4/5", "1/2")),
        ("transfer", ("3/11", "9/74")),
        ("variance-max", ("1/18", "28800/19088161")),
        ("safety-set", ("1/9", "1/18")),
        ("brier-mean", ("9/8", "53/50")),
        ("influence", ("1/6", "3/20")),
    ],
)
def test_the_known_numbers_appear(reading, numbers):
    text = said(reading)
    assert all(number in text for number in numbers)


def test_other_subjects():
    assert "unanimity" in said("convexity") and "article" in said("convexity")
    assert "hull" in said("strict") and "Meeting it is meeting permissive, classical, article too." in said("strict")
    assert "Meeting it meets no other profile by itself." in said("promises")
    assert "intervals with rigorous bounds" in said("ball", width=300) and "fraction" in said("exact")
    assert "commutes" in said("uniform-mix") and "zoo:log" in said("power")
    assert "xlogy" in said("fragile", width=300)
    assert "fails" in said("zoo:log") and "envelope" in said("zoo:log")


@pytest.mark.weekly(16)
@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda theorem: theorem.name)
def test_a_theorem_is_explained_with_its_proof_and_an_operator(theorem):
    text = " ".join(said(theorem.name, width=5000).split())
    for wanted in (
        theorem.title[1:],
        theorem.statement,
        theorem.proof,
        theorem.source,
        *theorem.concludes,
        *theorem.after,
    ):
        assert wanted in text
    assert f"zoo:{theorem.example}" in text if theorem.example and theorem.name not in TAKING_T else "takes T" in text


def test_a_name_that_is_two_things_shows_both():
    text = said("continuity")
    assert "an axiom" in text and "a theorem of the prover" in text


def test_reading_a_term_undoes_writing_it():
    i, k = terms.index(terms.C, "i"), terms.index(terms.K, "k")
    pooled = terms.bind("sum", k, terms.mul(terms.P(k, i), terms.power(terms.w(k), Fraction(1, 2))))
    for term in (pooled, terms.indicator(terms.compare("ge", pooled, terms.num(Fraction(1, 3)))), terms.infinity(-1)):
        assert read(terms.dump(term)) is term
    with pytest.raises(ValueError, match="no term is spelled"):
        read([])


def test_names_forgive_case_and_underscores():
    assert said("Common_Support") == said("common-support")


def test_all_six_verdicts_are_explained():
    assert set(VERDICTS) == {"proved", "holds", "refuted", "fragile", "inconclusive", "error"}
    assert all(said(name) for name in (*VERDICTS, *SOFTENERS, *axioms.PROFILES, *axioms.NAMES))


def test_implications_name_readings():
    assert {name for names, _ in TOGETHER for name in names} <= set(axioms.BY_NAME)
    for rule in axioms.CONDITIONAL:
        told = [line for line in together(axioms.BY_NAME[rule.conclusion]) if rule.main in line]
        assert any(all(name in line for name in (*rule.beside, rule.conclusion)) for line in told), rule
    assert "At C <= 3, envelope implies safety-set." in together(axioms.BY_NAME["envelope"])
    hot = "interior implies hot, for operators that take no temperature."
    assert hot in together(axioms.BY_NAME["hot"])
    assert all(name in sentence for names, sentence in TOGETHER for name in names if name != "simplex")


@pytest.mark.parametrize(
    "name, near",
    [("envelop", "envelope"), ("articel", "article"), ("avarages", "averages"), ("zoo:linea", "zoo:linear")],
)
def test_an_unknown_name_gets_the_nearest(name, near):
    with pytest.raises(UsageError, match=near):
        said(name)


def test_a_name_like_no_other_is_sent_to_the_list():
    with pytest.raises(UsageError, match="axiomkd list"):
        said("qqqq")


def test_a_formula_drawn_in_characters_is_not_folded():
    narrow, wide = said("lipschitz", width=50), said("lipschitz", width=200)
    bars = [line for line in wide.splitlines() if "────" in line]
    assert bars and all(line in narrow for line in bars)


def test_the_overview_names_everything():
    out = io.StringIO()
    overview(Console(file=out, width=120, color_system=None))
    text = out.getvalue()
    from axiomkd.zoo import ENTRIES

    names = [
        *axioms.NAMES,
        *axioms.BY_NAME,
        *axioms.PROFILES,
        *SOFTENERS,
        *THEOREMS_BY_NAME,
        *(f"zoo:{name}" for name in ENTRIES),
    ]
    assert [name for name in names if name not in text] == []


# --- the second opinion is one: SymPy's operators agree with the zoo ------------------------------------------------


@pytest.mark.weekly(2)
@pytest.mark.parametrize("name", [name for name in worked.OPERATORS if " " not in name])
def test_sympy_operators_are_those_of_the_zoo(name):
    from axiomkd.tracing import numerics

    numerics.prepare()
    from axiomkd.zoo import ENTRIES

    P, w = worked.panel("5:2:1|1:3:4|2:2:7"), worked.odds("3:2:2")
    exact = np.array([float(x) for x in worked.OPERATORS[name][1](P, w)])
    floats = ENTRIES[name].fn(np.array(P, dtype=float), np.array(w, dtype=float))
    np.testing.assert_allclose(exact, np.asarray(floats), atol=1e-12)


def test_comparison_refuses_to_guess():
    assert worked.ahead(sp.exp(1), sp.Rational(5, 2)) and not worked.ahead(sp.Integer(1), sp.Integer(1))
    with pytest.raises(ValueError, match="cannot compare"):
        worked.ahead(sp.Symbol("x"), sp.Symbol("y"))


def test_odds():
    assert [Fraction(str(x)) for x in worked.odds("16:1")] == [Fraction(16, 17), Fraction(1, 17)]
