"""Losses in PyTorch: a list of logits, a stack in a module, labels; with nothing but the decorator."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from axiomkd.core.operator import describe  # noqa: E402
from axiomkd.core.softener import softener  # noqa: E402
from axiomkd.operators.manners import Manners  # noqa: E402
from axiomkd.tracing.numerics import float64  # noqa: E402

RNG = np.random.default_rng(0)
P, W = RNG.dirichlet(np.ones(4), (3, 3)), RNG.dirichlet(np.ones(3), 3)
LINEAR = np.einsum("bk,bkc->bc", W, P)


@pytest.fixture(autouse=True)
def in_doubles():
    with float64():
        yield


def met(fn, **options):
    return Manners(describe(fn, **{"name": "loss", "outputs": "loss"} | options), softener("power"), [(2, 3)]).meet()


def summed(student, teachers, weights, T=4.0):
    log_s = F.log_softmax(student / T, dim=1)
    each = [F.kl_div(log_s, F.softmax(t / T, dim=1), reduction="batchmean") for t in teachers]
    return sum(w * one * T**2 for w, one in zip(weights, each, strict=True))


class Stacked(nn.Module):
    def __init__(self):
        super().__init__()
        self.share = nn.Parameter(torch.tensor(0.5))

    def forward(self, student, teachers, weights):
        mean = torch.einsum("bkc,k->bc", F.softmax(teachers, dim=-1), weights)
        return self.share * F.cross_entropy(student, mean)


def naive(z, P, w):
    return (w * (P * (P.log() - torch.log_softmax(z.detach() * 0 + z, -1))).sum(-1)).sum()


@pytest.mark.whole
@pytest.mark.parametrize(
    ("fn", "options"),
    [
        (summed, {"layout": "[B C]", "inputs": "logits"}),
        pytest.param(Stacked(), {"layout": "B K C", "inputs": "logits"}, marks=pytest.mark.whole),
        pytest.param(naive, {}, marks=pytest.mark.whole),
    ],
)
def test_summed_divergences_are_translated_and_held_against_torch(fn, options):
    found = met(fn, **options)
    assert (found.mode, found.exactly, found.operator.fn.why) == ("jax", True, "")
    now = 1.0 if found.operator.takes_temperature else None
    np.testing.assert_allclose(found.batch(P, W, now), LINEAR, atol=1e-14)
    np.testing.assert_allclose(found.really(P, W, now), LINEAR, atol=1e-12)


@pytest.mark.whole
def test_a_label_in_a_cross_entropy_is_translated():
    def labelled(z, P, w, label):
        return 0.3 * F.cross_entropy(z, torch.tensor(label)) - 0.7 * (w @ P) @ F.log_softmax(z, -1)

    found = met(labelled, given={"label": 1})
    assert (found.mode, found.exactly) == ("jax", True)
    np.testing.assert_allclose(found.batch(P, W), 0.3 * np.eye(4)[1] + 0.7 * LINEAR, atol=1e-14)
