"""PyTorch code that leaves no trace: it is looked at beyond the usual sizes too, where it gives an answer."""

import pytest

torch = pytest.importorskip("torch")

from axiomkd.checking.plans import _untraced  # noqa: E402
from axiomkd.core.operator import describe  # noqa: E402
from axiomkd.core.softener import softener  # noqa: E402
from axiomkd.operators.manners import Manners  # noqa: E402
from axiomkd.search.effort import UNTRACED_SIZES  # noqa: E402
from axiomkd.tracing.numerics import float64  # noqa: E402


def largest(P, w):
    v, i = torch.topk(torch.matmul(w, P), min(100, P.shape[1]))
    return torch.zeros_like(P[0]).scatter(0, i, v) / v.sum()


def largest_of_eight(P, w):
    return largest(P, w * torch.ones(8)[: len(w)])


@pytest.mark.parametrize(
    ("fn", "sizes"),
    [
        (largest, list(UNTRACED_SIZES)),
        (largest_of_eight, [size for size in UNTRACED_SIZES if size[0] <= 8]),
        (lambda P, w: torch.matmul(w, P), []),
    ],
    ids=["untraced", "which raises there", "traced"],
)
def test_code_without_a_trace_is_looked_at_beyond_the_usual_sizes(fn, sizes):
    with float64():
        evaluator = Manners(describe(fn, name="op"), softener("power"), ((2, 2),), hurry=True).meet()
        assert list(_untraced(evaluator)) == sizes
