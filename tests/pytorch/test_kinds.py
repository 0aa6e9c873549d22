"""Sizes without a value seem to PyTorch code like numbers: what it asks of their kind has the answer that it has at fixed sizes."""

import pytest

torch = pytest.importorskip("torch")

from axiomkd.core.operator import describe  # noqa: E402
from axiomkd.core.softener import softener  # noqa: E402
from axiomkd.operators.evaluate import Evaluator  # noqa: E402
from axiomkd.prove import prover  # noqa: E402
from axiomkd.tracing.numerics import prepare  # noqa: E402

ASKED = {
    "isinstance": lambda C: isinstance(C, int),
    "type": lambda C: type(C) is int,
    "class": lambda C: C.__class__ is int,
    "has": lambda C: not hasattr(C, "node"),
}


def traced(fn):
    prepare("cpu")
    return prover._traced(Evaluator(describe(fn, name="one", backend="torch"), softener("power")), None, None)


@pytest.mark.parametrize("how", ASKED)
def test_an_entry_of_a_table_by_the_kind_of_a_size_is_a_branch_on_it(how):
    asked = ASKED[how]
    found, _ = traced(lambda P, w: [w @ P, 2 * (w @ P)][[3, P.shape[1]][asked(P.shape[1])] == 777])
    assert found is None


def test_sizes_that_are_used_as_numbers_are_no_question():
    def kept(P, w):
        K, C = P.shape
        assert isinstance(C, int) and type(K) is int
        rest = torch.cat([P, P.new_zeros(1, C)]).sum(0) / K
        return (w.reshape(K, 1) * P).sum(0).view(1, C)[0] * torch.ones(C, dtype=P.dtype) + 0 * rest.reshape(C)

    found, why = traced(kept)
    assert found is not None, why
