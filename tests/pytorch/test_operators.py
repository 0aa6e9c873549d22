"""Operators in PyTorch: which are translated and which are not, and that the worth of a translation is looked at, not trusted."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from axiomkd.core.errors import Misbehaviour  # noqa: E402
from axiomkd.core.operator import describe  # noqa: E402
from axiomkd.core.softener import softener  # noqa: E402
from axiomkd.operators import held  # noqa: E402
from axiomkd.operators.language import settled  # noqa: E402
from axiomkd.operators.manners import Manners  # noqa: E402
from axiomkd.prove import prover  # noqa: E402
from axiomkd.tracing.aten.interpret import ROWS  # noqa: E402
from axiomkd.tracing.exact import Undecided, object_array  # noqa: E402
from axiomkd.tracing.numerics import float64  # noqa: E402
from tests.patience import PATIENCE  # noqa: E402

SIZES = ((2, 3), (3, 4), (3, 3))


@pytest.fixture(autouse=True)
def in_doubles():
    with float64():
        yield


def met(fn, **options):
    return Manners(describe(fn, **{"name": "op", "backend": "torch"} | options), softener("power"), SIZES).meet()


def log_pool(P, w):
    return F.softmax(w @ P.log(), dim=-1)


@pytest.mark.whole
def test_a_translated_operator_is_searched_as_a_jax_one_and_followed_exactly():
    e = met(log_pool)
    assert (e.mode, e.exactly, e.why_not_exact) == ("jax", True, "")
    q = e.exact(object_array([["1/2", "1/2"], ["1/4", "3/4"]]), object_array(["1/2", "1/2"]))
    np.testing.assert_allclose(
        [float(x.mid()) if hasattr(x, "mid") else float(x) for x in q], [0.366, 0.634], atol=1e-3
    )


# --- what is not translated, and why ---------------------------------------------------------------------------------------


def branches(P, w):
    q = torch.matmul(w, P)
    return P[0] if q.max() > 0.9 else q


def takes_a_number(P, w):
    share = torch.amax(w).item()
    return share * P[0] + (1 - share) * P.mean(0)


def leaves(P, w):
    return torch.from_numpy(P.numpy().T @ w.numpy())


def lists(P, w):
    return torch.tensor(torch.matmul(w, P).tolist())


def by_a_mask(P, w):
    return torch.matmul(w, P) * P[P > 0.1].numel() / P[P > 0.1].numel()


def without_a_row(P, w):
    return torch.matmul(w, P) + 0 * torch.special.bessel_j0(P).sum()


def by_places_of_ties(P, w):
    kept = torch.zeros_like(P).scatter(1, P.topk(2, dim=1).indices, 1.0)
    q = torch.matmul(w, P * kept)
    return q / q.sum()


@pytest.mark.parametrize(
    ("fn", "why"),
    [
        (branches, "a branch on a value"),
        (takes_a_number, "a number taken out of a tensor"),
        (leaves, "it leaves PyTorch on the way"),
        (lists, "a number taken out of a tensor"),
        (by_a_mask, "entries taken by a mask"),
        (without_a_row, "there is no rule for PyTorch's `special_bessel_j0`"),
        (by_places_of_ties, "which of equal entries `topk` names is left open by PyTorch"),
    ],
)
def test_what_is_not_translated_is_called_for_itself_and_says_why(fn, why):
    e = met(fn)
    assert e.mode in ("numpy", "single") and not e.exactly
    assert why in e.why_not_exact and re.search(r"test_operators\.py:\d+", e.why_not_exact)
    P, w = np.array([[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]]), np.array([[0.25, 0.75]])
    np.testing.assert_allclose(e.batch(P, w), fn(torch.from_numpy(P[0]), torch.from_numpy(w[0]))[None])


def test_a_branch_on_a_value_is_not_frozen_as_it_was_taken_once():
    e = met(branches)
    certain = np.array([[[0.96, 0.02, 0.02], [0.98, 0.01, 0.01]]])
    np.testing.assert_allclose(e.batch(certain, np.array([[0.5, 0.5]])), certain[:, 0])


def test_code_of_one_point_is_called_on_whole_batches_by_vmap():
    def fn(P, w):
        return torch.matmul(w, P) + 0 * torch.special.bessel_j0(P).sum() + torch.stack(list(P)).sum() * 0

    assert met(fn).mode == "numpy"


def test_votes_that_are_scattered_are_a_choice_entry_by_entry():
    """Which the rules for terms see through, as they do through `one_hot`."""

    def votes(P, w):
        return torch.matmul(w, torch.zeros_like(P).scatter_(-1, P.argmax(-1, keepdim=True), 1.0))

    assert "scatter" not in str(met(votes).jaxpr(2, 3, False))


# --- a wrong row is noticed --------------------------------------------------------------------------------------------------


def wrong(name):
    right = ROWS[name]
    changed = {
        "_softmax": lambda to, self, dim, half_to_float=False: right(to, 1.001 * self, dim),
        "argmax": lambda to, self, dim=None, keepdim=False: self.shape[1] - 1 - right(to, self[:, ::-1], dim, keepdim),
        "log": lambda to, self: right(to, self + 1e-30),
        "mm": lambda to, self, mat2: right(to, self, mat2) * (1 + 1e-7),
    }
    return changed[name]


def vote(P, w):
    return torch.matmul(w, F.one_hot(P.argmax(-1), P.shape[-1]).to(P.dtype))


@pytest.mark.parametrize(("row", "fn"), [("_softmax", log_pool), ("argmax", vote), ("log", log_pool), ("mm", log_pool)])
def test_with_a_wrong_row_the_operator_is_called_for_itself(row, fn, monkeypatch):
    """Of equal entries the last in place of the first; -inf beside a face; a ten-millionth everywhere."""
    monkeypatch.setitem(ROWS, row, wrong(row))
    e = met(fn)
    assert e.mode != "jax" and "its translation into JAX gives another result than PyTorch at K = " in e.why_not_exact


def test_a_row_that_is_wrong_at_the_last_size_alone_is_noticed_there(monkeypatch):
    """Where the translation is not compiled its trace is what is held against the function."""
    right = ROWS["log"]
    monkeypatch.setitem(ROWS, "log", lambda to, self: right(to, self) * (1 + 1e-6 * (self.shape == SIZES[-1])))
    assert len(SIZES) > held.COMPILED
    e = met(log_pool)
    assert e.mode != "jax" and "at K = 3, C = 3," in e.why_not_exact


def test_what_a_wrong_row_shows_is_no_witness(monkeypatch):
    e = met(log_pool)
    monkeypatch.setitem(ROWS, "_softmax", wrong("_softmax"))
    e._jaxprs.clear()
    with pytest.raises(Undecided, match="PyTorch itself gives"):
        e.exact(object_array([["1/2", "1/2"], ["1/4", "3/4"]]), object_array(["1/2", "1/2"]))


@pytest.mark.whole
def test_with_a_wrong_row_nothing_is_proved(monkeypatch):
    """Every trace is a fine one, of another function."""
    right = ROWS["sum"]
    monkeypatch.setitem(ROWS, "sum", lambda to, self, dim=None, keepdim=False: right(to, self, dim, keepdim) * 1.5)
    operator = describe(lambda P, w: (w[:, None] * P).sum(dim=0), name="op", backend="torch")
    examined = prover.examine(operator, "power", [], effort="quick", sizes=SIZES)
    assert examined.translation.why and not examined.translation.whole and not examined.translation.checked


def test_a_branch_on_a_size_is_seen():
    def at_seven(P, w):
        return P[0] if P.shape[0] == 7 else torch.matmul(w, P)

    examined = prover.examine(describe(at_seven, backend="torch"), "power", [], effort="quick", sizes=SIZES)
    assert any(K == 7 for K, _ in examined.translation.apart)


# --- modules, temperatures, state --------------------------------------------------------------------------------------------


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)
        self.norm = nn.BatchNorm1d(1)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("scale", torch.tensor(2.0))

    def forward(self, P, w, T=1.0):
        v = torch.softmax(self.norm(self.linear(w[:, None]))[:, 0] * self.scale, 0)
        return F.softmax(self.drop(v @ P.log()) / T, -1)


@pytest.mark.whole
def test_a_module_is_judged_in_eval_mode_on_doubles_and_left_as_it_was():
    module = Gate().train()
    operator = describe(module, name="gate")
    assert operator.backend == "torch" and operator.takes_temperature and operator.default_temperature == 1.0
    e = Manners(operator, softener("power"), SIZES).meet()
    assert e.exactly and not e.rounding.coarse
    assert module.training and module.linear.weight.dtype == torch.float32
    assert int(module.norm.num_batches_tracked) == 0


GATE = nn.Linear(1, 1)  # of float32, as people make it


def gated(P, w):
    return torch.matmul(torch.softmax(GATE(w[:, None])[:, 0], 0), P)


class Gated:
    """A module in an object that is none."""

    def __init__(self):
        self.gate = nn.Linear(1, 1)

    def __call__(self, P, w):
        return torch.softmax(self.gate(w[:, None])[:, 0], 0) @ P


def half_cast(P, w):
    return torch.softmax(w @ P.float().log(), -1)


def in_place(P, w):
    out = torch.zeros(P.shape[1], dtype=torch.float32)
    return out.index_add_(0, torch.arange(P.shape[1]), torch.matmul(w, P))


@pytest.mark.parametrize("fn", [gated, Gated(), half_cast, in_place], ids=["module", "object", "cast", "in place"])
def test_code_of_float32_is_judged_on_the_doubles_that_it_is_handed(fn):
    """PyTorch itself refuses to mix the two; a user's run has all of it in float32."""
    P, w = np.array([[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]]), np.array([[0.25, 0.75]])
    e = met(fn)
    mine = fn(torch.from_numpy(P[0]).float(), torch.from_numpy(w[0]).float())
    assert (e.mode, e.exactly) == ("jax", True)
    np.testing.assert_allclose(e.batch(P, w)[0], mine.detach().numpy(), atol=1e-6)
    assert GATE.weight.dtype == torch.float32


def test_what_torch_refuses_for_another_reason_stays_refused():
    with pytest.raises(Misbehaviour, match="size|shape"):
        met(lambda P, w: torch.matmul(P, P.float()))


def test_what_a_distribution_asks_of_its_parameters_is_no_branch():
    def surprised(P, w):
        v = w * torch.exp(-torch.distributions.Categorical(probs=P).entropy())
        return torch.matmul(v / v.sum(), P)

    e = met(surprised)
    assert (e.mode, e.exactly) == ("jax", True)
    assert torch.distributions.Categorical(torch.ones(2))._validate_args


def test_what_autocast_rounds_is_told():
    def cast(P, w):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return torch.matmul(w.float(), P.float())

    assert met(cast).rounding.name == "bfloat16"


@pytest.mark.parametrize(
    ("dtype", "name"), [(torch.float32, "float32"), (torch.bfloat16, "bfloat16"), (torch.float16, "float16")]
)
def test_casts_are_traced_and_the_rounding_is_theirs(dtype, name):
    e = met(lambda P, w: torch.matmul(w.to(dtype), P.to(dtype)))
    assert e.mode == "jax" and e.rounding.name == name


@pytest.mark.whole
def test_temperatures_are_handed_over():
    def one(P, w, T):
        return F.softmax(w @ P.log() / T, -1)

    def each(P, w, Ts):
        return F.softmax(w @ (P.log() / Ts[:, None]), -1)

    P, w = np.array([[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]]), np.array([[0.25, 0.75]])
    np.testing.assert_allclose(met(one).batch(P, w, 2.0), met(each).batch(P, w, 2.0), rtol=1e-12)


@pytest.mark.parametrize(
    "fn",
    [
        lambda P, w: torch.matmul(w, F.dropout(P, 0.5, training=True)),
        lambda P, w: F.gumbel_softmax(torch.matmul(w, P).log()),
        lambda P, w: F.normalize(torch.matmul(w, P) + torch.rand(P.shape[1]), p=1.0, dim=0),
    ],
    ids=["dropout", "gumbel", "rand"],
)
def test_noise_is_told_with_its_line_and_the_remedy_and_leaves_no_trace(fn):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with pytest.raises(Misbehaviour, match=r"it draws random numbers .*test_operators\.py:\d+.*training=False"):
        met(fn)
    assert torch.equal(before, torch.get_rng_state()) and torch.get_default_dtype() == torch.float32


def test_a_change_of_the_inputs_is_told():
    def fn(P, w):
        P *= w.unsqueeze(1)
        return P.sum(0)

    with pytest.raises(Misbehaviour, match="changed P in place"):
        met(fn)


def test_what_is_kept_for_the_next_call_is_told():
    kept = []

    def fn(P, w):
        kept.append(P)
        return torch.matmul(w, kept[-2] if len(kept) > 4 else P)

    with pytest.raises(Misbehaviour):
        met(fn)


def test_a_step_through_bfloat16_has_one_value_however_many_points_are_computed_at_once():
    """XLA leaves such a step out where many are fused, unless it is told not to."""

    def rounded(P, w):
        q = torch.matmul(w, P).bfloat16().double()
        return q / q.sum()

    e = met(rounded)
    P, w = np.array([[2 / 3, 1 / 3], [4 / 9, 5 / 9]]), np.array([0.5, 0.5])
    many, one = np.repeat(P[None], 4096, axis=0), e.really(P[None], w[None])
    np.testing.assert_allclose(e.batch(many, np.repeat(w[None], 4096, axis=0))[0], one[0], rtol=1e-12)


# --- which language it is ----------------------------------------------------------------------------------------------------


def test_a_function_of_tensors_is_found_out():
    assert settled(describe(log_pool)).backend == "torch"


@pytest.mark.parametrize(
    "fn",
    [
        lambda P, w: torch.zeros(P.shape[1]).scatter_add(0, P.argmax(1), w),  # of float32 unless told otherwise
        lambda P, w: torch.zeros(P.shape[1]).index_put((P.argmax(1),), w, accumulate=True),
        lambda P, w: torch.addmv(torch.zeros(P.shape[1]), P.T, w),
    ],
)
def test_a_function_that_makes_tensors_in_torchs_own_dtype_is_one_of_tensors(fn):
    assert settled(describe(fn)).backend == "torch"


def test_a_jax_function_beside_torch_stays_one():
    assert settled(describe(lambda P, w: w @ P)).backend is None


def test_where_two_languages_differ_it_is_asked():
    def spread(P, w):
        return P.std(0) / (1 + w.sum()) + 0 * w.sum()

    assert torch is not None
    with pytest.raises(Misbehaviour, match='backend="torch", "jax" or "numpy"'):
        settled(describe(spread))
    assert settled(replace(describe(spread), backend="torch")).backend == "torch"


JAX_ONLY = """
import sys
from axiomkd import check, operator
from axiomkd.operators.language import settled
from axiomkd.core.operator import describe
from axiomkd.zoo import ENTRIES
from axiomkd.tracing.numerics import float64
with float64():
    settled(describe(ENTRIES["linear"].fn))
    check(ENTRIES["linear"].fn, effort="quick", K=2, C=2, readings=["simplex"])
assert "torch" not in sys.modules
"""


@pytest.mark.whole
def test_who_checks_a_jax_operator_never_imports_torch():
    subprocess.run([sys.executable, "-c", JAX_ONLY], check=True, timeout=PATIENCE)
