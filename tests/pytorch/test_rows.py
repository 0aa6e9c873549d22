"""Every row of the table of aten operations against PyTorch itself, and what must have no row."""

from functools import cache

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import jax  # noqa: E402

from axiomkd.operators.torch.calling import Calling  # noqa: E402
from axiomkd.operators.torch.recording import record  # noqa: E402
from axiomkd.tracing.aten.graph import Untranslated  # noqa: E402
from axiomkd.tracing.aten.interpret import run  # noqa: E402
from axiomkd.tracing.aten.table import ROWS  # noqa: E402
from axiomkd.tracing.numerics import float64, quick_compile  # noqa: E402
from tests.pytorch.calls import CALLS  # noqa: E402

P = np.array([[0.1, 0.2, 0.3, 0.4], [0.25, 0.5, 0.0, 0.25], [0.7, 0.05, 0.15, 0.1]])
w = np.array([0.5, 0.3, 0.2])


AT_ONCE = 60  # calls in one compilation


@pytest.fixture(scope="module")
def together(request):
    """The calls that this run asks for, in parts: what is compiled together costs a tenth."""
    asked = {item.callspec.params["name"] for item in request.session.items if _asks_a_row(item)}
    names = [name for name in CALLS if name in asked]
    return {
        name: tuple(names[n : n + AT_ONCE]) for n in range(0, len(names), AT_ONCE) for name in names[n : n + AT_ONCE]
    }


def _asks_a_row(item: pytest.Item) -> bool:
    return getattr(item, "originalname", None) == test_a_row_gives_what_torch_gives.__name__


@cache
def translated(some: tuple[str, ...]) -> dict[str, np.ndarray | Untranslated]:
    """What each call is translated to gives, or why it is not."""
    found: dict[str, np.ndarray | Untranslated] = {}
    with float64():
        graphs = {}
        for name in some:
            try:
                graphs[name] = record(CALLS[name], (3, 4), ())
                jax.eval_shape(lambda P, w, graph=graphs[name]: run(graph, [P, w], 3, 4), P, w)
            except Untranslated as e:
                found[name] = e
        good = {name: graph for name, graph in graphs.items() if name not in found}
        whole = jax.jit(
            lambda P, w: {name: run(graph, [P, w], 3, 4) for name, graph in good.items()},
            compiler_options=quick_compile(),
        )
        return found | {name: np.asarray(x) for name, x in whole(P, w).items()}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.weekly(2)
def test_a_row_gives_what_torch_gives(name, together):
    mine, other = Calling(CALLS[name])(P.copy(), w.copy()), translated(together[name])[name]
    if isinstance(other, Untranslated):
        raise other
    assert mine.dtype == other.dtype and mine.shape == other.shape
    close = 1e-13 if mine.dtype == np.float64 else 1e-6 if mine.dtype == np.float32 else 0
    np.testing.assert_allclose(np.asarray(other, float), np.asarray(mine, float), rtol=close, atol=close)


def test_every_row_is_called():
    called = {node.op for fn in CALLS.values() for node in record(fn, (3, 4), ()).nodes}
    assert set(ROWS) - called == set()
