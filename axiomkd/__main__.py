"""The console script, and `python -m axiomkd`: what ends quietly though Ctrl-C comes while the command line is being imported."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

from axiomkd.core.codes import INTERRUPTED, USAGE

CHECKING = ["check"], ["prove"]  # commands that call operators


def main() -> None:
    """Import the command line and run it. Until it is there, an interrupt ends the process with a word and no traceback."""
    held = signal.getsignal(signal.SIGINT) == signal.default_int_handler
    if held:
        signal.signal(signal.SIGINT, _end)
    from axiomkd.core.errors import UsageError

    if sys.argv[1:2] in CHECKING:
        with suppress(ImportError):  # where there are no such processes, the command says so
            from axiomkd.run import server

            server.ahead(sys.argv[1:])
    try:
        from axiomkd.cli.app import main as run
    except UsageError as e:  # the system lacks what it needs
        sys.exit(_refused(str(e)))
    if held:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _refused(why: str) -> int:
    print(f"error: {why}", file=sys.stderr)
    return USAGE


def _end(_signum: int, _frame: object) -> None:
    # Not by an exception: inside an import it would come out as somebody else's, or be caught there.
    os.write(2, b"error: interrupted\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
