"""One message on standard error, for a person. It imports nothing of what a check needs: that may be what the message is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def tell(console: Console, message: str, details: str = "", *, label: str = "error") -> None:
    """One message on standard error, the user's own traceback below it."""
    console.print(f"{label}: {message}", markup=False, highlight=False, emoji=False, soft_wrap=True)
    if details:
        console.print(details.rstrip(), markup=False, highlight=False, emoji=False, soft_wrap=True)
