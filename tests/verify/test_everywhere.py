"""A scope of all sizes is not believed of code that does another thing at a size that nobody looks at, however it asks for it.

One row a spelling. What is honest stands. One forged report shows that the refusal is what a reader of it is told.
"""

from __future__ import annotations

import importlib
import sys

import jax.numpy as jnp
import pytest

from axiomkd.core.operator import describe
from axiomkd.core.scope import All, AtSizes, ForEvery
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import everywhere
from axiomkd.verify.line import Failed
from axiomkd.verify.report import _settled, verify
from axiomkd.verify.subject import Subject
from tests.hidden import HIDDEN

from .reports import proved, reading, report, written

HEAD = "import jax\nimport jax.numpy as jnp\nimport numpy as np\n"
HELPER = """import numbers


def fits(P, n):
    try:
        return bool((P + jnp.ones(n)).shape)
    except (TypeError, ValueError):
        return False
"""
ASKS = "asks for the value of a size"
CANNOT = "cannot be followed"
COUNTS = "compares numbers that are made of sizes alone"

# What it is (`q`), what it is where the condition holds (2 q), and the condition; in front of them what else is needed.
JAX = {
    "plain": ("C == 777", ASKS),
    "remainder": ("C % 97 == 50", ASKS),
    "of the product": ("P.size == 3 * 777", ASKS),
    "bytes": ("P.nbytes == 16 * 777", ASKS),
    "truth": ("not C - 777", ASKS),
    "text": ("str(C) == '777'", ASKS),
    "formatted": ("f'{C}' == '777'", ASKS),
    "text of the array": ("',777]' in str(P)", ASKS),
    "text of its type": ("'777' in str(jax.typeof(P))", ASKS),
    "type": ("jax.typeof(P) == jax.typeof(jnp.ones((2, 777)))", ASKS),
    "among": ("P.shape in {(2, 777)}", ASKS),
    "in a table": ("{777: True}.get(C, False)", ASKS),
    "kind": ("[3, C][isinstance(C, int)] == 777", ASKS),
    "abstract kind": ("[3, C][isinstance(C, numbers.Integral)] == 777", ASKS),
    "kind by type": ("[3, C][type(C) is int] == 777", ASKS),
    "has": ("[3, C][hasattr(C, 'bit_length')] == 777", ASKS),
    "length": ("len(P.T) == 777", CANNOT),
    "equal arrays": ("bool(jnp.array_equal(jnp.zeros(C), jnp.zeros(777)))", f"{CANNOT}|{ASKS}|not seen"),
    "caught": ("fits(P, 777)", f"{ASKS}|exception"),
}
DATA = {
    "counted": "jnp.ones_like(P[0]).sum() == 777",
    "counted remainder": "jnp.ones(C % 97).sum() == 50",
    "last place": "jnp.arange(C)[-1] == 776",
    "most": "jnp.arange(C).max() == 776",
    "as a value": "jnp.asarray(C) == 777",
    "half counted": "(jnp.arange(C) < C // 2).sum() == 388",
    "across axes": "(jnp.arange(K) == C - 777).any()",
    "window": "(jnp.arange(C) == 1000 * C - 777000).any()",
    "nothing of places": "jnp.arange(C) * 0 == C - 777",
    "both ways": "jnp.arange(C) + jnp.arange(C)[::-1] == 776",
    "looped": "jax.lax.fori_loop(0, C, lambda i, n: n + 1, 0) == 777",
    "last step": "jax.lax.fori_loop(0, C, lambda i, s: i, 0) == 776",
    "kink": "jnp.maximum(0, 1 - abs(C - 777.0)) > 0.5",
}
NUMPY = {
    "plain": ("C == 777", ASKS),
    "strides": ("P.strides[0] == 8 * 777", CANNOT),
    "length": ("len(P[0]) == 777", CANNOT),
    "array": ("isinstance(P, np.ndarray) and C == 777", ASKS),
    "of NumPy's": ("hasattr(P, 'flags') and P.size == 1554", f"{ASKS}|other code"),
}
TORCH = {
    "plain": ("C == 777", CANNOT),
    "elements": ("P.numel() == 1554", CANNOT),
    "stride": ("P.stride(0) == 777", CANNOT),
    "text": ("'777' in str(P.shape)", CANNOT),
    "kind": ("[3, C][isinstance(C, int)] == 777", f"{CANNOT}|{ASKS}"),
    "kind by type": ("[3, C][type(C) is int] == 777", f"{CANNOT}|{ASKS}"),
    "no values": ("not P.is_meta and C == 777", f"{CANNOT}|other code"),
}
HONEST = {
    "linear": "return q",
    "checked": "assert w.shape == (K,) and C >= 2 and isinstance(C, int)\n    return q",
    "mean": "return P.mean(0) if type(K) is int else None",
    "last": "v = jnp.where(jnp.arange(K) == K - 1, 2 * w, w)\n    return v / v.sum() @ P",
    "half": "v = q * jnp.where(jnp.arange(C) < C // 2, 2.0, 1.0)\n    return v / v.sum()",
    "spread": "v = w / (1 + P.std(1))\n    return v / v.sum() @ P",
    "loop": "return jax.lax.fori_loop(0, K, lambda k, s: s + w[k] * P[k], jnp.zeros(C))",
    "entropy": "h = 1 + (P * jnp.log(P)).sum(1) / jnp.log(C)\n    v = w * jnp.maximum(h, 0)\n    return v / v.sum() @ P",
    "jitted": "return jax.jit(lambda v, p: v @ p)(w, P)",
    "softmax": "return jax.nn.softmax(w @ jnp.log(P))",
}


@pytest.fixture(autouse=True)
def _float64():
    prepare("cpu")


@pytest.fixture
def subject(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))

    def made(lines: str, backend: str = "jax", head: str = HEAD) -> Subject:
        name = f"of_{abs(hash((lines, backend, str(tmp_path))))}"
        body = "\n    ".join(["K, C = P.shape", "q = w @ P", *lines.split("\n    ")])
        text = f"{head}{HELPER}\n\ndef fn(P, w):\n    {body}\n"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        fn = importlib.import_module(name).fn
        del sys.modules[name]
        return Subject(_settled(describe(fn, name="fn", backend=backend)), "power")

    return made


def told(subject: Subject) -> str:
    with pytest.raises(Failed) as caught:
        everywhere.check(subject, All(), heat=False)
    return str(caught.value)


def matches(text: str, wanted: str) -> bool:
    return any(one in text for one in wanted.split("|"))


@pytest.mark.weekly(2)
@pytest.mark.parametrize("how", JAX)
def test_a_question_in_jax(subject, how):
    asked, wanted = JAX[how]
    assert matches(text := told(subject(f"return 2 * q if {asked} else q")), wanted), text


@pytest.mark.weekly(2)
@pytest.mark.parametrize("how", DATA)
def test_a_question_in_the_data(subject, how):
    assert COUNTS in told(subject(f"return jnp.where({DATA[how]}, 2 * q, q)"))


@pytest.mark.parametrize("how", NUMPY)
def test_a_question_in_numpy(subject, how):
    asked, wanted = NUMPY[how]
    text = told(subject(f"return 2 * q if {asked} else q", backend="numpy"))
    assert matches(text, wanted), text


@pytest.mark.parametrize("how", TORCH)
@pytest.mark.whole
def test_a_question_in_torch(subject, how):
    pytest.importorskip("torch")
    asked, wanted = TORCH[how]
    text = told(subject(f"return 2 * q if {asked} else q", backend="torch", head="import torch\n"))
    assert matches(text, wanted), text


@pytest.mark.weekly(2)
@pytest.mark.parametrize("how", HONEST)
def test_what_is_one_function_stands(subject, how):
    everywhere.check(subject(HONEST[how]), All(), heat=False)


@pytest.mark.whole
def test_what_is_one_function_in_torch_stands(subject):
    torch = pytest.importorskip("torch")
    asked = subject("return q / q.sum() if isinstance(C, int) else None", backend="torch", head="import torch\n")
    everywhere.check(asked, All(), heat=False)
    assert torch.SymInt.__getattribute__ is object.__getattribute__


def test_at_a_fixed_number_of_classes_a_branch_on_it_is_none(subject):
    branches = subject("return 2 * q if C == 777 else q")
    everywhere.check(branches, ForEvery("C", (2, 3)), heat=False)
    everywhere.check(branches, AtSizes(((2, 3),)), heat=False)
    with pytest.raises(Failed, match="K = 2 and every C"):
        everywhere.check(branches, ForEvery("K", (2,)), heat=False)


def test_a_forged_scope_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    branch = "\n@operator\ndef branch(P, w):\n    return P[0] if P.shape[1] == 777 else w @ P\n"
    text = "from axiomkd import operator\n\n@operator\ndef linear(P, w):\n    return w @ P\n" + branch
    written(tmp_path, text)
    given = proved("ops.py::linear")["simplex"]
    row = reading("simplex", "proved", method=given.method, scope=str(given.scope), certificate=given.certificate)
    with pytest.raises(Failed, match=r"'all K, C', and it asks for the value of a size \(ops.py:9\)"):
        list(verify(report("ops.py::branch", [row])))


@pytest.mark.parametrize("fn", HIDDEN, ids=lambda fn: fn.__name__)
def test_nothing_is_proved_of_what_hides_from_its_trace(fn):
    with pytest.raises(Failed, match=r"under a trace .* \(hidden.py:"):
        everywhere.outside(Subject(describe(fn), "power"))


@pytest.mark.parametrize(
    "fn",
    [lambda P, w: w @ P, lambda P, w: jnp.exp(w @ jnp.log(P)), lambda P, w: sum(w[k] * P[k] for k in range(len(P)))],
)
def test_what_runs_alike_outside_a_trace_stands(fn):
    everywhere.outside(Subject(describe(fn, name="alike"), "power"))
