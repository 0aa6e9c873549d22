"""Python code run in a process of its own each, without the second that an interpreter takes to import what it needs.

One interpreter imports it and runs nothing: a copy of it is forked for each piece of code, in whose world nothing has happened.
"""

from __future__ import annotations

import json
import subprocess
import sys

SERVING = """
import json, os, sys
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child == 0:
        os.dup2(os.open(job["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.chdir(job["folder"])
        os.environ.update(job["variables"])
        exec(job["code"])
        sys.stdout.flush()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Interpreter:
    """Forks a process for each `run`; `imports` is what all of them find imported."""

    def __init__(self, imports: str) -> None:
        command = [sys.executable, "-c", f"{imports}\n{SERVING}"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, code: str, *, folder: str, out: str, **variables: str) -> int:
        """The exit code of the code, run in the folder with these variables set; what it prints is in the file `out`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        job = {"code": code, "folder": folder, "out": out, "variables": variables}
        print(json.dumps(job), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()
