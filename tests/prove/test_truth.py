"""What is proved is true: of the zoo, of its other spellings, of the near misses, and of the linear pool's softener.

The counts that are recorded here may only grow.
"""

from __future__ import annotations

from functools import cache

import pytest

from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.core.scope import All
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.tracing import numerics
from axiomkd.zoo import ENTRIES

from ..zoo.spellings import SPELLINGS
from .near_misses import NEAR_MISSES

pytestmark = pytest.mark.usefixtures("one_size")

numerics.prepare()

TABLE = (
    "linear",
    "log",
    "power2",
    "wsq",
    "entropyw",
    "mean",
    "max_all",
    "softmax5",
    "vote",
    "voteshare",
    "topteacher",
)
FIRST_ELEVEN = 150  # of the 166 `+` in the table of operators, `nonnegative` among them, at all K and C
ALL_CELLS = 550  # of 601
ALL_PROMISES = 160  # of the 192 `+` of the guarantees
SPELLED = [(of, one) for of, several in SPELLINGS.items() for one in several]
ON_FACES = {r.name for r in axioms.READINGS if r.domain != "interior"}

# What a spelling loses of the original's proofs; "all" where none is left.
LOSES = {
    "w1: argsort and cumsum": "hot cold",
    "w1: loop over classes": "hot cold",
    "linear_ts: loop in NumPy": "hot cold",
    "log: normalised logs first": "cold",
    "log: logsumexp": "cold",
    "linear_ts: softmax of divided logits": "closed lipschitz",
    "power3: power 1/3": "unanimity pull responsive",
    "log: xlogy": "cold",
    "poe: logsumexp": "cold",
    "entropyw: softmax of log w - H": "closed",
    "entropyw: p * log p": "common-support any-support closed",
    "marginw: one_hot removed": "all",
    "ebkd: 1 - H / sum H": "nonnegative",
    "ebkd: p * log p": "nonnegative",
    "camkd: reciprocals": "common-support any-support",
    "camkd: numpy": "nonnegative common-support any-support",
    "agree: softmax of log w": "closed lipschitz",
    "wmedian: argsort and cumsum": "all",
    "wmedian: loop over classes": "all",
    "umedian: jnp.median": "simplex unanimity nonnegative interior limits inheritance hot cold",
    "umedian: quantile 0.5": "simplex unanimity nonnegative interior limits inheritance hot cold",
    "umedian: numpy": "simplex unanimity nonnegative interior limits inheritance hot cold",
    "trimmed: sum - max - min": "simplex unanimity nonnegative inheritance interior limits",
    "topk_rows: top_k scattered": "all",
    "topk_rows: ranks by argsort": "simplex",
    "topk_pool: top_k scattered": "all",
    "topk_pool: ranks by argsort": "simplex",
    "vote: bincount": "simplex pull nonexpansive ranking entropy commutation cold",
    "voteshare: numpy": "all",
    "borda: ranks by argsort": "all",
    "topteacher: loop of where": "common-support pull responsive favourite coordinate nonexpansive ranking entropy commutation",
    "topteacher: argsort, the last": "all",
    "confteacher: largest of all w * P": "all",
    "jsdgate: mean divergence by rel_entr": "common-support",
    "jsdgate: p * log p": "common-support",
    "dempster: combined one by one": "simplex interior limits inheritance hot cold",
    "dempster: scan": "all",
    "discount: sum of logs": "closed lipschitz",
    "logodds: odds as products": "nonnegative common-support cold",
}

# With uniform mixing: readings of temperature that the search refutes, each at a case confirmed exactly.
FAILS_WHEN_MIXED = {
    "log": "nonexpansive ranking entropy commutation",
    "power_minus1": "nonexpansive ranking entropy commutation",
    "power_half": "nonexpansive ranking entropy commutation",
    "power2": "nonexpansive ranking entropy commutation",
    "power3": "nonexpansive ranking entropy commutation",
    "poe": "nonexpansive ranking entropy commutation",
    "halflinlog": "nonexpansive ranking entropy commutation",
    "entropyw": "nonexpansive ranking entropy commutation",
    "invent": "nonexpansive ranking entropy commutation",
    "confw": "ranking entropy commutation",
    "nentw": "nonexpansive ranking entropy commutation",
    "ebkd": "nonexpansive ranking entropy commutation",
    "camkd": "nonexpansive ranking entropy commutation",
    "spherical": "ranking entropy commutation",
    "agree": "nonexpansive ranking entropy commutation",
    "max_all": "nonexpansive commutation",
    "wmax": "nonexpansive ranking entropy commutation",
    "min_all": "nonexpansive commutation",
    "wmedian": "nonexpansive commutation",
    "umedian": "nonexpansive commutation",
    "trimmed": "nonexpansive commutation",
    "topk_rows": "limits nonexpansive ranking entropy commutation",
    "topk_pool": "limits nonexpansive commutation",
    "vote": "limits commutation",
    "argpool": "limits commutation",
    "voteshare": "limits commutation",
    "borda": "limits commutation",
    "confteacher": "limits nonexpansive ranking commutation",
    "jsdgate": "limits nonexpansive ranking entropy commutation",
    "dempster": "ranking entropy commutation",
    "discount": "ranking entropy commutation",
    "w1": "nonexpansive",
    "w2": "nonexpansive ranking entropy commutation",
    "logodds": "nonexpansive ranking entropy commutation",
    "jeffreys": "nonexpansive ranking entropy commutation",
}
COMMUTES_WHEN_MIXED = ("linear", "smooth", "mean", "wsq", "softmax5", "topteacher")


def proved(operator, softener="power") -> dict[str, Proof]:
    found = prover.prove(operator, softener, axioms.READINGS, effort="quick", sizes=[])
    return {name: answer for name, answer in found.items() if isinstance(answer, Proof)}


@cache
def of_zoo(name: str, softener: str = "power") -> dict[str, Proof]:
    entry = ENTRIES[name]
    return proved(describe(entry.fn, name=name, K=entry.K, C=entry.C), softener)


@cache
def promised(name: str) -> set[str]:
    """The guarantees that are proved of an operator of the zoo."""
    entry = ENTRIES[name]
    operator = describe(entry.fn, name=name, K=entry.K, C=entry.C)
    found = prover.prove(operator, "power", axioms.EVERY, effort="quick", sizes=[])
    return {r.name for r in axioms.GUARANTEES.readings if isinstance(found.get(r.name), Proof)}


def true_cells(names, readings=axioms.READINGS) -> list[tuple[str, str]]:
    return [(name, reading.name) for name in names for reading in readings if ENTRIES[name].truth[reading.name]]


@pytest.mark.weekly(8)
@pytest.mark.parametrize("name", ENTRIES)
def test_nothing_false_is_proved_of_the_zoo(name):
    assert [reading for reading in of_zoo(name) if ENTRIES[name].truth[reading] is False] == []


@pytest.mark.weekly(16)
@pytest.mark.parametrize("name", ENTRIES)
def test_no_false_guarantee_is_proved_of_the_zoo(name):
    assert [reading for reading in promised(name) if ENTRIES[name].truth[reading] is False] == []


@pytest.mark.slow
def test_most_guarantees_are_proved():
    cells = true_cells(ENTRIES, axioms.GUARANTEES.readings)
    assert sum(reading in promised(name) for name, reading in cells) >= ALL_PROMISES


def test_most_of_the_table_is_proved_at_all_sizes():
    cells = true_cells(TABLE)
    assert len(cells) == 166
    assert sum(r in of_zoo(n) and of_zoo(n)[r].scope == All() for n, r in cells) >= FIRST_ELEVEN


@pytest.mark.whole
def test_most_of_the_zoo_is_proved():
    assert sum(reading in of_zoo(name) for name, reading in true_cells(ENTRIES)) >= ALL_CELLS


LONG = ("combined one by one",)  # seconds, not milliseconds


@pytest.mark.weekly(16)
@pytest.mark.parametrize(
    ("of", "one"),
    [pytest.param(of, one, marks=[pytest.mark.slow] if one.label in LONG else []) for of, one in SPELLED],
    ids=lambda x: x if isinstance(x, str) else x.label,
)
def test_spellings(of, one):
    """Nothing false is proved of a spelling, and most of what is proved of the original."""
    entry = ENTRIES[of]
    backend = None if one.backend == "jax" else one.backend
    found = proved(describe(one.fn, K=entry.K, C=entry.C, backend=backend))
    wrong = [reading for reading in found if entry.truth[reading] is False]
    assert [reading for reading in wrong if one.closed_same or reading not in ON_FACES] == []
    loses = LOSES.get(f"{of}: {one.label}", "")
    expected = set() if loses == "all" else set(of_zoo(of)) - set(loses.split())
    assert expected - set(found) == set()


def test_losses_are_of_spellings_that_there_are():
    assert set(LOSES) <= {f"{of}: {one.label}" for of, one in SPELLED}


@pytest.mark.weekly(8)
@pytest.mark.parametrize("miss", NEAR_MISSES, ids=lambda miss: miss.name)
def test_what_a_near_miss_loses_is_not_proved(miss):
    found = proved(describe(miss.fn, K=ENTRIES[miss.of].K))
    assert [reading for reading in miss.fails if reading in found] == []


@pytest.mark.weekly(6)
@pytest.mark.parametrize("name", FAILS_WHEN_MIXED)
def test_nothing_false_is_proved_with_uniform_mixing(name):
    assert [reading for reading in FAILS_WHEN_MIXED[name].split() if reading in of_zoo(name, "uniform-mix")] == []


def test_linear_pools_commute_with_uniform_mixing():
    for name in COMMUTES_WHEN_MIXED:
        assert {"commutation", "ranking", "entropy", "limits", "nonexpansive"} <= set(of_zoo(name, "uniform-mix"))
    assert "commutation" not in of_zoo("linear")


@pytest.mark.weekly(8)
@pytest.mark.parametrize("name", ENTRIES)
def test_the_softener_is_a_matter_of_temperature_alone(name):
    if name in FAILS_WHEN_MIXED or name in COMMUTES_WHEN_MIXED:
        here = set(axioms.BY_NAME) - {r.name for r in axioms.AXIOMS[-1].readings}
        assert here & set(of_zoo(name, "uniform-mix")) == here & set(of_zoo(name))
