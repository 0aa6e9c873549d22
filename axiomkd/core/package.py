"""What the package is to itself: its version, and where it lies. Everything else of ours may move without their moving."""

from __future__ import annotations

from pathlib import Path

VERSION = "0.1.0"
CACHE_FOLDER = ".axiomkd_cache"
"""Where answers of earlier runs are kept, in the working folder."""
PACKAGE = Path(__file__).resolve().parents[1]
"""The folder `axiomkd` itself."""
ROOT = PACKAGE.parent
"""The folder that holds the package: what the files of the zoo are named from, and what a process needs on its path."""
INSTALL_TORCH = "Install axiomkd with its extra `torch` (pip install -e '.[torch]' in a checkout), or torch itself"
