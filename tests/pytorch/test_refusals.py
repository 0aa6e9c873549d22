"""What a user of PyTorch is told where an operator cannot be judged: the culprit in PyTorch's words, and the next step."""

import re

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from axiomkd.core.errors import Misbehaviour  # noqa: E402
from axiomkd.core.operator import describe  # noqa: E402
from axiomkd.core.softener import softener  # noqa: E402
from axiomkd.operators.manners import Manners  # noqa: E402
from axiomkd.tracing.numerics import float64  # noqa: E402

NORM, COUNTS, DROP, HELD = nn.BatchNorm1d(1), nn.BatchNorm1d(1), nn.Dropout(0.5), torch.zeros(1)


@pytest.fixture(autouse=True)
def in_doubles():
    with float64():
        yield


def met(fn, **options):
    return Manners(describe(fn, name="op", **options), softener("power"), ((2, 2), (2, 3))).meet()


def told(fn, **options):
    with pytest.raises(Misbehaviour) as e:
        met(fn, **options)
    return str(e.value)


def normed(P, w):
    q = (w[None, :, None] * P).sum(1)
    return F.softmax(NORM(q.max(-1, keepdim=True).values) * q.log(), -1)


def test_a_norm_in_train_mode_mixes_its_batch_and_goes_into_eval_mode():
    assert re.search(r"Expected more than 1 value.* mixes its batch: call \.eval\(\)", told(normed, layout="B K C"))


@pytest.mark.parametrize(
    "fn",
    [
        lambda P, w: F.softmax(w.cuda() @ P.cuda().log(), -1),
        lambda P, w: torch.zeros(P.shape[1], device="cuda").add(torch.matmul(w, P)),
    ],
    ids=["moved", "made"],
)
def test_another_device_is_told_as_pytorch_does_and_what_to_write(fn):
    assert re.search(r"(NVIDIA|CUDA).*device=P\.device", told(fn)) and torch is not None


def test_dropout_that_two_calls_do_not_show_is_told_with_its_line():
    """At two points of two classes the same are dropped in both calls, every fourth time."""
    said = told(lambda P, w: F.softmax(DROP(torch.matmul(w, P.log())), -1))
    assert re.search(r"draws random numbers .*test_refusals\.py:\d+.*module's \.eval", said)


def test_a_shape_of_the_rows_number_is_told_where_the_sizes_differ():
    assert "returned shape (2,), expected (3,)" in told(lambda P, w: torch.softmax(P.mean(1), 0))


def test_a_loss_without_reduction_is_told_as_what_it_returned():
    def loss(student, P, w):
        q = torch.einsum("k,bkc->bc", w, P.softmax(-1))
        return F.kl_div(F.log_softmax(student, -1), q, reduction="none")

    said = told(loss, layout="B K C", inputs="logits", outputs="loss")
    assert said.startswith("returned shape (1, 2) as a loss") and "Sum it over the classes" in said


def test_a_write_from_outside_is_named_with_the_next_step():
    def counts(P, w):
        HELD.add_(torch.amax(w))
        return torch.matmul(w, P)

    why = met(counts).why_not_exact
    assert re.search(r"writes into a tensor from outside.*clone.*test_refusals\.py:\d+", why)


def test_a_module_in_train_mode_that_counts_its_calls_is_named():
    def scored(P, w):
        return torch.matmul(torch.softmax(COUNTS(w[:, None])[:, 0], 0), P)

    assert re.search(r"writes into a tensor from outside.*BatchNorm.*\.eval\(\)", met(scored).why_not_exact)


def test_a_change_in_place_of_a_function_beside_torch_is_mended_by_a_clone():
    def fn(P, w):
        P *= w[:, None]
        return P.sum(0)

    assert torch is not None and told(fn).startswith("changed P in place. Work on a copy: P = P.clone()")
