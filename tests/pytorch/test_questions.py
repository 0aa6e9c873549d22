"""Questions about sizes that have no value: one answer at every size is shown, and a single odd size that nobody tries is none."""

import pytest

torch = pytest.importorskip("torch")

import sympy  # noqa: E402
from torch.utils._sympy.functions import FloorDiv, Mod  # noqa: E402

from axiomkd.core.operator import describe  # noqa: E402
from axiomkd.operators.torch.questions import always, told  # noqa: E402
from axiomkd.operators.torch.recording import record  # noqa: E402
from axiomkd.prove import prover  # noqa: E402
from axiomkd.prove.followed import followed  # noqa: E402
from axiomkd.tracing.aten.graph import Untranslated  # noqa: E402
from axiomkd.tracing.numerics import float64  # noqa: E402

K, C = sympy.symbols("s0 s1", integer=True, positive=True)
LETTERS = {"s0": "K", "s1": "C"}


@pytest.mark.parametrize(
    "asked",
    [
        sympy.Ge(C, 2, evaluate=False),
        sympy.Gt(K * C, 3, evaluate=False),
        sympy.Lt(FloorDiv(K - 1, 2), K, evaluate=False),
        sympy.Ge(Mod(C, 7), 0, evaluate=False),
        sympy.Ne(K + C, 3, evaluate=False),
        sympy.Ne(K * C, K + C - 3, evaluate=False),
        sympy.And(sympy.Gt(C, 1, evaluate=False), sympy.Gt(K, 1, evaluate=False), evaluate=False),
    ],
)
def test_what_is_so_at_every_size_is_shown(asked):
    assert always(asked, LETTERS)


@pytest.mark.parametrize(
    "asked",
    [
        sympy.Ne(C, 777),
        sympy.Ne(K * C, 3850),
        sympy.Ne(Mod(C, 97), 0),
        sympy.Ne(FloorDiv(C, 777), 1),
        sympy.Gt((C - 777) ** 2, 0),
        sympy.Lt(C, 1500),
        sympy.Ge(K, 3),
        sympy.Ne(K, C),
        sympy.Ge(Mod(C, 7), 1),
        sympy.Ge(FloorDiv(C, K), 0, evaluate=False),  # so it is, and not shown: nothing is claimed
        sympy.Gt(sympy.Symbol("s9") ** 2 + 1, 0, evaluate=False),
    ],
)
def test_what_fails_at_one_size_or_is_not_shown_is_a_branch(asked):
    assert not always(asked, LETTERS)


def pool(P, w):
    return torch.einsum("k,kc->c", w, P)


def bent(P, w):
    return (pool(P, w) ** 2) / (pool(P, w) ** 2).sum()


BRANCHES = {
    "C": lambda P, w: bent(P, w) if P.shape[1] == 777 else pool(P, w),
    "K·C": lambda P, w: bent(P, w) if P.numel() == 50 * 77 else pool(P, w),
    "both": lambda P, w: bent(P, w) if tuple(P.shape) == (50, 77) else pool(P, w),
    "one in several": lambda P, w: bent(P, w) if P.shape[1] in (777, 888) else pool(P, w),
    "a remainder": lambda P, w: pool(P, w) if P.shape[1] % 97 else bent(P, w),
    "a stride": lambda P, w: bent(P, w) if P.stride(0) == 777 else pool(P, w),
    "memory": lambda P, w: bent(P, w) if P.untyped_storage().nbytes() == 3850 * 8 else pool(P, w),
    "text": lambda P, w: bent(P, w) if str(P.shape[1]) == "777" else pool(P, w),
    "text of a shape": lambda P, w: bent(P, w) if "777" in repr(P.shape) else pool(P, w),
    "text of a product": lambda P, w: bent(P, w) if f"{P.numel()}" == "3850" else pool(P, w),
    "the last of a slice": lambda P, w: pool(P, w)[:1500],
}


@pytest.mark.parametrize("name", BRANCHES)
def test_no_graph_of_all_sizes_is_made_of_a_function_that_asks_for_one(name):
    with pytest.raises(Untranslated, match="asks for the"):
        record(BRANCHES[name], (None, None), ())


@pytest.mark.whole
def test_no_proof_of_all_sizes_of_what_is_another_operator_at_one():
    with float64():
        op = describe(BRANCHES["C"], name="op", backend="torch")
        found = prover.prove(op, "power", prover.axioms.READINGS, effort="quick", sizes=())
    assert not any(str(getattr(one, "scope", "")).startswith("all K, C") for one in found.values())


def test_texts_are_as_they_were_afterwards():
    before = torch.SymInt.__repr__
    with told(None):
        assert torch.SymInt.__repr__ is not before
    assert torch.SymInt.__repr__ is before


def added(P, w):
    out = torch.zeros_like(P[0])
    out += w @ P
    return out


@pytest.mark.parametrize("sizes", [(None, None), (11, 13)])
def test_writing_in_place_is_no_exception_that_a_function_catches(sizes):
    """The recording is begun anew for what writes in place, and nothing of that is seen in the user's lines."""
    with followed() as steps:
        graph = record(added, sizes, ())
    assert steps.swallowed == [] and graph.nodes[-1].op == "add"


def test_what_writes_into_a_tensor_from_outside_is_not_recorded_and_not_carried_out():
    kept = torch.zeros(3)
    with pytest.raises(Untranslated):
        record(lambda P, w: kept.add_(w @ P), (2, 3), ())
    assert not kept.any()
