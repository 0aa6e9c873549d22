"""What is run at each change, and what once a week: `@pytest.mark.weekly(n)` leaves each n-th case of a table to each change."""

import os
from collections import Counter

import pytest

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # tests start processes, and each would compile the whole package anew


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
