"""What every measurement states of where it ran: processor, cores, versions, date; and Markdown tables.

Knows nothing of what is measured.
"""

from __future__ import annotations

import datetime
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("axiomkd", "jax", "numpy", "scipy", "hypothesis", "python-flint")


def described() -> str:
    """One paragraph: date, processor, cores, load, Python and the packages that matter."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    python = ".".join(map(str, sys.version_info[:3]))
    return (
        f"{datetime.date.today().isoformat()}: {_processor()}, {os.cpu_count()} cores{load}, "
        f"{platform.system()}; Python {python}, {versions}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
