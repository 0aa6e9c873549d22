"""What of the operating system a check cannot do without, from one place: where it is missing, one sentence says so."""

from __future__ import annotations

from axiomkd.core.errors import UsageError

NEEDS = (
    "axiomkd needs Linux or macOS: it runs operators in processes that it forks, limits and ends, which this system does not "
    "offer. On Windows it runs under WSL (the Windows Subsystem for Linux). Decorating operators works everywhere."
)

try:
    import fcntl
    import resource
except ImportError:
    raise UsageError(NEEDS) from None

__all__ = ["fcntl", "resource"]
