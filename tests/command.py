"""The command line, run for a test: in the test's own process, which has a worker server that is warm already."""

import contextlib
import io
import os
import subprocess
from unittest import mock

from axiomkd.cli import app


class Pipe(io.TextIOWrapper):
    """What a process without a terminal has for standard output: UTF-8, and bytes below."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined]


def axiomkd(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """`axiomkd ARGUMENTS` in the working folder. What only a process of its own can show has to start one."""
    line, out, errors = [str(one) for one in arguments], Pipe(), Pipe()
    with (
        mock.patch.dict(os.environ, environment),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
    ):
        code = app.run(line)
    return subprocess.CompletedProcess(line, code, out.text(), errors.text())
