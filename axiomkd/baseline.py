"""What a project knows to be violated: its table of expected violations, and the report that it has committed as a baseline.

It reads files and decides nothing: `gate` holds verdicts against what is read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from axiomkd.configuration import Configuration
from axiomkd.core.expected import Expected


def expectations(options: Mapping[str, Any], found: Configuration) -> list[Expected]:
    """The table's entries, then one for each required reading that the baseline does not meet. Raises UsageError."""
    return list(found.expected)
