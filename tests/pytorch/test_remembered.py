"""Functions that make a tensor of a size once and remember it: what a recording would leave there has no values."""

from functools import cache

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from axiomkd.core.operator import describe  # noqa: E402
from axiomkd.core.softener import softener  # noqa: E402
from axiomkd.operators.manners import Manners  # noqa: E402
from axiomkd.tracing.numerics import float64  # noqa: E402


@cache
def uniform(C):
    return torch.full((C,), 1 / C)


def of_a_function(P, w):
    return 0.9 * torch.matmul(w, P) + 0.1 * uniform(P.shape[1])


class OfAModule(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = {}

    def forward(self, P, w):
        C = P.shape[1]
        self.rows.setdefault(C, torch.full((C,), 1 / C))
        return 0.9 * torch.matmul(w, P) + 0.1 * self.rows[C]


@pytest.mark.parametrize("fn", [of_a_function, OfAModule()], ids=["function", "module"])
def test_a_tensor_that_is_remembered_by_its_size_has_values_traced_or_not(fn):
    with float64():
        evaluator = Manners(describe(fn, name="op"), softener("power"), ((2, 3), (3, 4))).meet()
        evaluator.jaxpr(3, 5, False)
        P, w = np.full((1, 3, 5), 0.2), np.full((1, 3), 1 / 3)
        assert (
            evaluator.exactly and np.allclose(evaluator.really(P, w), 0.2) and np.allclose(evaluator.batch(P, w), 0.2)
        )
