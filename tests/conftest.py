"""What tests of the command line share."""

import subprocess
from collections.abc import Callable

import pytest

from tests import command


@pytest.fixture
def axiomkd() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`axiomkd(*arguments)` runs the command in the working folder."""
    return command.axiomkd
