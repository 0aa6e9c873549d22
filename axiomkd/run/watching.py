"""Waiting until a file is saved. It polls, so that network folders and containers are seen too, and runs nothing itself."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from axiomkd.core.errors import LoadError
from axiomkd.operators.loading import parse, sources

POLL, SETTLED = 0.25, 0.1  # seconds between looks, and without a change before a save counts as whole
State = Mapping[str, tuple[int, int] | None]


def files(targets: Iterable[str], leaned_on: Iterable[str]) -> set[str]:
    """What to watch: the Python files beside and below the targets, what their operators leaned on, pyproject.toml."""
    found = {os.path.abspath(one) for one in leaned_on} | {os.path.abspath("pyproject.toml")}
    for target in targets:
        try:
            here = parse(target)
            texts = [one.text for one in sources(target)] if here.kind == "folder" else [here.where]
        except LoadError:
            continue
        if here.kind in ("folder", "file"):
            folders = {Path(one).parent for one in texts} | ({Path(here.where)} if here.kind == "folder" else set())
            found |= {os.path.abspath(one) for one in texts}
            found |= {os.path.abspath(one) for folder in folders for one in folder.glob("*.py")}
    return found


def state(watched: Iterable[str]) -> State:
    """When each file was changed last and how long it is; None for one that is not there."""
    out: dict[str, tuple[int, int] | None] = {}
    for path in watched:
        try:
            now = os.stat(path)
            out[path] = (now.st_mtime_ns, now.st_size)
        except OSError:
            out[path] = None
    return out


def changed(
    watched: Callable[[], set[str]], before: State, *, sleep: Callable[[float], None] = time.sleep
) -> list[str]:
    """Wait until a file of those watched is no longer as it was `before`, and all are still; say which ones.

    A file that is new among those watched counts as changed.
    """
    while True:
        now = state(watched())
        differing = sorted(one for one in {*now, *before} if now.get(one) != before.get(one))
        if differing:
            sleep(SETTLED)
            if state(watched()) == now:
                return differing
            continue
        sleep(POLL)
