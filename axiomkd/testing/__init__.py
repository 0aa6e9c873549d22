"""For tests of operators: the plugin of pytest, and a test for each reading.

Every run of pytest loads the plugin, so nothing of the checker is imported before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axiomkd.testing.assertions import parametrize_with_readings

__all__ = ["parametrize_with_readings"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from axiomkd.testing import assertions

        return getattr(assertions, name)
    raise AttributeError(f"module 'axiomkd.testing' has no attribute {name!r}")
