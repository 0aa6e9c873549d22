"""What is run at each change, and what once a week: `@pytest.mark.weekly(n)` leaves each n-th case of a table to each change."""

import atexit
import gc
import os
import shutil
import tempfile
from collections import Counter

import pytest
from jaxtyping import install_import_hook

from axiomkd.core.shapes import CHECKED

# Before anything that handles arrays is imported: from here on each call is held against the shapes in its signature.
install_import_hook(CHECKED, "beartype.beartype")

# Tests start processes, and each would compile the whole package anew, and the same operators at the same sizes.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if "JAX_COMPILATION_CACHE_DIR" not in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
    compiled = tempfile.mkdtemp(prefix="axiomkd-tests-")
    atexit.register(shutil.rmtree, compiled, ignore_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
gc.set_threshold(100_000, 50, 100)  # traces are many small objects that live long


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: Counter[object] = Counter()
    for item in items:
        mark = item.get_closest_marker("weekly")
        if mark is None or item.get_closest_marker("slow") is not None:
            continue
        (every,) = mark.args
        table = item.nodeid.partition("[")[0]
        if seen[table] % every:
            item.add_marker(pytest.mark.slow)
        seen[table] += 1
