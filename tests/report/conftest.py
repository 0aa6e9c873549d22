"""Snapshots: what a renderer prints is compared with a file; `AXIOMKD_SNAPSHOTS=write` writes the files anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).with_name("snapshots")


@pytest.fixture
def snapshot() -> Callable[[str, str], None]:
    """`snapshot(name, text)` fails where the text is not the one in `snapshots/name`. Trailing spaces do not count."""

    def compare(name: str, text: str) -> None:
        text = "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
        file = FOLDER / name
        if os.environ.get("AXIOMKD_SNAPSHOTS") == "write":
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare
