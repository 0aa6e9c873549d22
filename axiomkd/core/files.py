"""Files written in one step. It knows nothing of what they hold."""

from __future__ import annotations

from pathlib import Path


def write(path: str | Path, text: str) -> None:
    """Write `text` to `path` in one step: a reader never sees half of it. Raises OSError, and then leaves nothing behind."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
