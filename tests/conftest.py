"""What is run at each change, and what once a week: `@pytest.mark.weekly(n)` leaves each n-th case of a table to each change."""

import atexit
import gc
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version

import pytest
from _pytest.mark.expression import Expression
from jaxtyping import install_import_hook

from axiomkd.core.shapes import CHECKED
from axiomkd.run import server

# Before anything that handles arrays is imported: from here on each call is held against the shapes in its signature.
install_import_hook(CHECKED, "beartype.beartype")

# Tests start processes, and each would compile the whole package anew, and the same operators at the same sizes; and this
# process would rewrite the assertions of all tests anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
if "JAX_COMPILATION_CACHE_DIR" not in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
    compiled = tempfile.mkdtemp(prefix="axiomkd-tests-")
    atexit.register(shutil.rmtree, compiled, ignore_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
# Compiling well is most of what the tests would do: code that runs once is compiled quickly, as in a check with little effort.
# jaxlib ends a process that gives it a flag that it does not know. XLA_FLAGS="" runs them with code as users have it.
if version("jaxlib").startswith("0.10."):
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=0")
# In a shell's background it is ignored, and whoever is started to be interrupted would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
server.PRELOAD = "tests.preload"
gc.set_threshold(100_000, 50, 100)  # traces are many small objects that live long


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Iterator[None]:
    """Mark the rows of weekly tables that are slow; of all tables make only the rows that this run wants.

    Else three of four rows would be made in each process to be deselected. A table keeps its first row in any case, and all
    of them where a row is asked for by its name.
    """
    yield
    rows, definition = metafunc._calls, metafunc.definition
    here = {mark.name for mark in definition.iter_markers()}
    if "weekly" in here and "slow" not in here:
        (every,) = definition.get_closest_marker("weekly").args
        own = [row for row in rows if not any(mark.name == "slow" for mark in row.marks)]
        for n, row in enumerate(own):
            if n % every:
                row.marks.append(pytest.mark.slow.mark)
    expression = metafunc.config.getoption("markexpr")
    if expression and not any("[" in argument for argument in metafunc.config.args):
        wanted = Expression.compile(expression)
        keep = [row for row in rows if wanted.evaluate(_among(here | {mark.name for mark in row.marks}))]
        rows[1 if rows and not keep else 0 :] = keep


def _among(names: set[str]) -> Callable[..., bool]:
    return lambda name, /, **_: name in names


@pytest.fixture
def one_size(monkeypatch):
    """A formula is held against the operator at one size only: what is tested is the lift and the theorems, which must need no
    net, or what is reported of a proof, and some seconds of tracing are saved. Whole validations have tests of their own
    (`prove/test_translation`)."""
    from axiomkd.prove.translation import sizes
    from tests.sizes import one_of

    monkeypatch.setattr(sizes, "looked_at", one_of(sizes.looked_at))


@pytest.fixture
def few_sizes(monkeypatch):
    """`verify` looks at the five smallest of its sizes: claims must be caught in what they say, and not by the net of sizes,
    which has tests of its own (`verify/test_sizes`)."""
    from axiomkd.verify import translation

    every = translation.sizes
    monkeypatch.setattr(translation, "sizes", lambda subject, scope: sorted(every(subject, scope), key=sum)[:5])


@pytest.fixture
def audit_of_few_sizes(monkeypatch):
    """An audit at a few sizes, in float64: the large ones are a benchmark's."""
    from axiomkd.audit import cases
    from axiomkd.tracing.numerics import float64

    monkeypatch.setattr(cases, "SMALL", ((2, 2), (2, 10)))
    monkeypatch.setattr(cases, "LARGE", (100,))
    monkeypatch.setattr(cases, "TEACHERS", (3,))
    with float64():
        yield
