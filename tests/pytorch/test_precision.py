"""Audits of PyTorch operators: parameters and inputs cast, held against the graph's exact value at what the dtype has."""

import pytest

torch = pytest.importorskip("torch")

from axiomkd.audit import engine  # noqa: E402
from axiomkd.core.operator import describe  # noqa: E402

pytestmark = pytest.mark.usefixtures("audit_of_few_sizes")


def lost(fn, dtype, **options):
    found = engine.audit(describe(fn, backend="torch", **options), [dtype])
    assert found.language == "torch" and found.dtypes[0].ran, found
    return {loss.kind: loss for loss in found.dtypes[0].losses}


def softmax(Z, w):
    e = (w @ Z).exp()
    return e / e.sum()


def stable(Z, w):
    return torch.softmax(w @ Z, dim=-1)


class Gate(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.Parameter(torch.tensor(1.3))

    def forward(self, P, w):
        v = w**self.a
        return (v / v.sum()) @ P


def with_limits(P, w):
    return w @ (P + torch.finfo(P.dtype).eps)


@pytest.mark.whole
def test_bfloat16():
    loss = lost(softmax, "bfloat16", inputs="logits")["not-finite"]
    assert loss.confirmed == "ball" and loss.advice is not None and loss.advice.name == "logarithms"
    assert any("torch.logsumexp" in line for line in loss.advice.how)


@pytest.mark.whole
@pytest.mark.parametrize("dtype", ("bfloat16", "float16"))
def test_what_is_stable_loses_nothing(dtype):
    assert lost(stable, dtype, inputs="logits") == {}
    assert lost(Gate(), dtype) == {}  # 1.3 is 1.296875 in bfloat16: the exact value is that of the parameter it has


@pytest.mark.whole
def test_limits_of_the_dtype_are_another_formula_in_each():
    assert lost(with_limits, "float16") == {}
