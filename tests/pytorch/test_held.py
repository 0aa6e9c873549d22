"""A translation held against the function itself: what the compiler alone does differently is no other function."""

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402

from axiomkd.core.operator import describe  # noqa: E402
from axiomkd.core.softener import softener  # noqa: E402
from axiomkd.operators.manners import Manners  # noqa: E402
from axiomkd.tracing.numerics import float64  # noqa: E402


def test_a_largest_entry_that_is_no_number_in_pytorch_and_one_in_large_batches_of_compiled_code():
    """Where a class has 0 of all teachers and no weight: 0·log 0, which XLA's largest entry passes over in large batches."""

    def pool(P, w):
        z = (w[:, None] * P.log()).sum(0)
        return F.softmax((z - z.max()).clamp_min(-30), -1)

    with float64():
        evaluator = Manners(describe(pool, name="op"), softener("power"), ((2, 3),)).meet()
    assert evaluator.exactly and not evaluator.operator.fn.why
