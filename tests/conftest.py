"""What tests of the command line share."""

import subprocess
import sys
from collections.abc import Callable

import pytest


@pytest.fixture
def axiomkd() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`axiomkd(*arguments)` runs the command in a process of its own, in the working folder."""

    def run(*arguments: object, timeout: float = 200, **more) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "axiomkd", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, **more)

    return run
