"""The console script, and `python -m axiomkd`: what ends quietly though Ctrl-C comes while the command line is being imported."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

from axiomkd.core.codes import INTERRUPTED, USAGE

ENDING = (signal.SIGINT, signal.SIGTERM)
CHECKING = ["check"], ["prove"]  # commands that call operators


def main() -> None:
    """Import the command line and run it. Until it is there, an interrupt ends the process with a word and no traceback."""
    _fill_streams()
    before = {one: signal.getsignal(one) for one in ENDING}
    held = [one for one in ENDING if before[one] in (signal.default_int_handler, signal.SIG_DFL)]
    for one in held:
        signal.signal(one, _end)
    from axiomkd.core.errors import UsageError

    if sys.argv[1:2] in CHECKING:
        with suppress(ImportError):  # where there are no such processes, the command says so
            from axiomkd.run import server

            server.ahead(sys.argv[1:])
    try:
        from axiomkd.cli.app import main as run
    except UsageError as e:  # the system lacks what it needs
        sys.exit(_refused(str(e)))
    for one in held:  # what comes from here on ends the command by an exception, which cleans up
        signal.signal(one, signal.default_int_handler)
    run()


def _fill_streams() -> None:
    """Put nothing in the place of streams that are closed: else a file that is opened would be taken for one of them."""
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _refused(why: str) -> int:
    print(f"error: {why}", file=sys.stderr)
    return USAGE


def _end(_signum: int, _frame: object) -> None:
    # Not by an exception: inside an import it would come out as somebody else's, or be caught there.
    os.write(2, b"error: interrupted\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
