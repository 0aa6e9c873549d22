"""The paper, checked: each witness of the page is one in exact arithmetic, its numbers are true, and the zoo bears it out.

The numbers are worked out here in plain fractions, by formulas of this file's own.
"""

import io
import re
from fractions import Fraction
from math import isqrt, log
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from axiomkd import axioms
from axiomkd.claims import confirm
from axiomkd.core.case import ExactCase
from axiomkd.core.operator import Operator
from axiomkd.core.softener import SOFTENERS
from axiomkd.explain import paper
from axiomkd.explain.names import explain
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numerics

numerics.prepare()

from axiomkd.zoo import ENTRIES  # noqa: E402 - float64 is set before the zoo is traced

BREAKS = paper.breaks()


def odds(text: str) -> tuple[Fraction, ...]:
    parts = [Fraction(part) for part in text.split(":")]
    return tuple(part / sum(parts) for part in parts)


def value(given) -> Any:
    if isinstance(given, int):
        return given
    return odds(given) if ":" in given else Fraction(given)


def case(one: paper.Break) -> ExactCase:
    P = tuple(odds(row) for row in one.P.split("|"))
    return ExactCase(P, odds(one.w), k=one.k).having({name: value(given) for name, given in one.more.items()})


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: f"{one.operator}-{one.reading}")
def test_a_witness_is_one(one):
    evaluator = Evaluator(Operator(one.operator, ENTRIES[one.operator].fn), SOFTENERS["power"])
    found = confirm.confirm(evaluator, axioms.BY_NAME[one.reading], case(one))
    assert isinstance(found, confirm.Confirmed), found
    assert ENTRIES[one.operator].truth[one.reading] is False


# --- the numbers that the sentences tell -----------------------------------------------------------------------------------


def norm(x) -> tuple[Fraction, ...]:
    return tuple(a / sum(x) for a in x)


def root(x: Fraction) -> Fraction:
    n, d = x.numerator * x.denominator, x.denominator
    assert isqrt(n) ** 2 == n
    return Fraction(isqrt(n), d)


def mixed(P, w) -> tuple[Fraction, ...]:
    return tuple(sum((v * row[i] for v, row in zip(w, P, strict=True)), Fraction(0)) for i in range(len(P[0])))


def geometric(P):
    """Of two rows whose products are squares times the first product."""
    product = [a * b for a, b in zip(*P, strict=True)]
    return norm([root(x / product[0]) for x in product])


def conforming(P, w):
    return tuple((a + b) / 2 for a, b in zip(mixed(P, w), geometric(P), strict=True))


def smooth(P, w):
    return tuple(Fraction(9, 10) * x + Fraction(1, 10 * len(P[0])) for x in mixed(P, w))


def of_a_coin(pool, first: str, second: str, other: str, w: str):
    """The variance of class 0, and what `variance` allows, where row 0 is one of two by a coin."""
    rows, still, weights = (odds(first), odds(second)), odds(other), odds(w)
    q = [pool((row, still), weights)[0] for row in rows]
    return (q[0] - q[1]) ** 2 / 4, weights[0] ** 2 * (rows[0][0] - rows[1][0]) ** 2 / 4


def largest(P, _w):
    return norm([max(column) for column in zip(*P, strict=True)])


def numbers(one: paper.Break) -> set[Fraction]:
    P, w = case(one).P, case(one).w
    known = {x for row in (*P, w, mixed(P, w)) for x in row}
    match one.operator, one.reading:
        case "log", _:
            known |= {*geometric(P), *(value(one.more["s"]) if "s" in one.more else ())}
        case "tempered_linear", _:
            known |= {x for row in P for x in norm([root(a / row[0]) for a in row])}
        case "smooth", _:
            known |= {
                *smooth(P, w),
                *((1 - w[1 - j]) * P[j][i] + w[1 - j] * P[1 - j][i] for j in (0, 1) for i in (0, 1)),
            }
            known |= {Fraction(9, 10), Fraction(1, 10), Fraction(1, 2)}
        case "conforming", "variance":
            known |= set(of_a_coin(conforming, "4:1", "1:4", "1:1", one.w))
        case "max_all", "variance":
            known |= set(of_a_coin(largest, "2:1", "1:2", "1:1", one.w))
        case "conforming", _:
            known |= {*conforming(P, w), (1 - w[0]) * P[1][1] + w[0] * P[0][1]}
            known |= set(value(one.more["s"])) if "s" in one.more else set()
    return known


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: f"{one.operator}-{one.reading}")
def test_its_sentence_has_no_number_that_is_not_there(one):
    told = {Fraction(x) for x in re.findall(r"\d+/\d+|(?<![\d.])0\.\d+(?!\d)", re.sub(r"≈ [\d.]+", "", one.says))}
    assert told - numbers(one) == set()


def test_the_jensen_witness_in_nats():
    def kl(a, b):
        return sum(float(x) * log(x / y) for x, y in zip(a, b, strict=True))

    one = next(one for one in BREAKS if (one.operator, one.reading) == ("log", "jensen"))
    P, s = case(one).P, value(one.more["s"])
    own, others = kl(geometric(P), s), sum(kl(p, s) for p in P) / 2
    assert f"≈ {own:.4f}" in one.says and f"≈ {others:.4f}" in one.says
    m = mixed(P, case(one).w)
    assert others - kl(m, s) == pytest.approx(sum(kl(p, m) for p in P) / 2), paper.IDENTITY


# --- what it says of the zoo -----------------------------------------------------------------------------------------------


def holding(*readings: str) -> set[str]:
    return {name for name, one in ENTRIES.items() if all(one.truth[reading] for reading in readings)}


def test_who_conforms():
    needs = [reading for wanted in axioms.PROFILES["paper"].values() for reading in wanted]
    assert holding(*needs) == {"linear", "linear_ts", "smooth", "conforming"}


def test_what_is_said_of_the_theorems_is_true_of_the_zoo():
    assert holding("jensen") == holding("bias-mean") == holding("safety") == {"linear", "linear_ts"}
    assert holding("variance") == {"linear", "linear_ts", "smooth"}
    assert {"log", "power_half", "renyi", "halflinlog", "logodds", "jeffreys"} <= holding("log-loss")
    assert not {"conforming", "smooth"} & holding("log-loss")
    assert {"wsq", "softmax5", "entropyw", "max_all", "power2", "power3"} <= holding("attenuation")
    assert not {"conforming", "smooth"} & holding("attenuation")
    for name in ("log", "power_half", "power2", "power_minus1", "renyi", "tempered_log", "tempered_linear"):
        assert ENTRIES[name].truth["transfer"] is False
    assert holding("strict-transfer", "responsive", "interior") <= holding("attenuation")


def test_the_page_tells_them_all_and_marks_every_cell():
    page = (Path(__file__).parent.parent / "docs" / "paper.md").read_text(encoding="utf-8")
    flowing = " ".join(page.split())
    assert all(" ".join(one.says.split()) in flowing and f"$ {one.command}\n" in page for one in BREAKS)
    assert all(f"### {one.ref}: {one.name}\n" in page for one in paper.STATEMENTS)
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for name, entry in ENTRIES.items():
        (row,) = [line for line in rows if line.startswith(f"| `{name}` |")]
        marks = re.findall(r"\[([-+?])\]\([\w/.-]+\)", row)
        assert marks == [{True: "+", False: "-", None: "?"}[entry.truth[r.name]] for r in axioms.EVERY], name


def test_every_formula_of_the_paper_has_its_statement():
    told = {reading for one in paper.STATEMENTS for reading in one.readings}
    assert {reading.name for reading in axioms.EVERY if reading.paper} <= told <= set(axioms.BY_NAME)


def test_it_is_told_in_one_screen():
    out = io.StringIO()
    explain("paper", Console(file=out, width=100, color_system=None))
    text = out.getvalue()
    assert all(one.ref in text for one in paper.STATEMENTS)
    assert len(text.splitlines()) <= 60
