"""A process beside a Dask worker that checks operators one after the other: parcels come in at standard input, replies leave at
standard output, a line of JSON each.

Each operator gets a folder of its own, and is checked by the isolated worker that every check has. The Dask worker itself
could not do it: it has threads, one working folder for all of them, and may not have children.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress

from pydantic import ValidationError

from axiomkd.core.errors import LoadError, UsageError
from axiomkd.core.events import Finished
from axiomkd.run.cache.dependencies import COARSE, Dependencies
from axiomkd.run.parcel import SETTINGS, Parcel, Reply, problem, unfit, unpack


def main() -> None:
    """Answer until the other side closes standard input or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started the cluster
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may be written among the replies
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    while line := sys.stdin.buffer.readline():
        out.write(reply(line).model_dump_json(by_alias=True).encode(errors="backslashreplace") + b"\n")
        out.flush()


def _end_with(parent: int) -> None:
    """Linux: end when the Dask worker does, though a check is going on; its worker ends with this process."""
    with suppress(OSError, AttributeError):
        select.select([os.pidfd_open(parent)], [], [])
        os._exit(0)


def reply(line: bytes) -> Reply:
    """What comes of one parcel."""
    try:
        parcel = Parcel.model_validate_json(line)
    except ValidationError as e:
        return Reply(unfit=f"another axiomkd: {e.error_count()} fields of what was sent are not known")
    if other := unfit(parcel):
        return Reply(unfit=other)
    if lacking := problem(parcel):
        return Reply(refused=lacking, loading=True)
    before, folder = os.getcwd(), os.path.realpath(tempfile.mkdtemp(prefix="axiomkd-"))
    try:
        unpack(parcel, folder)
        time.sleep(
            2 * COARSE / 1e9 if parcel.files else 0
        )  # files that are younger than a check may be changing, for all it knows
        os.chdir(folder)
        return _here(_checked(parcel), folder)
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)


def _checked(parcel: Parcel) -> Reply:
    from axiomkd.run import isolate

    found: list[Dependencies] = []
    last = None
    try:
        for event in isolate.run(parcel.ref, SETTINGS.validate_json(parcel.settings), leans_on=found.append):
            last = event
    except LoadError as e:
        return Reply(refused=str(e), details=e.details, loading=True)
    except UsageError as e:
        return Reply(refused=str(e))
    if not isinstance(last, Finished):
        return Reply(died=True)
    return Reply(finished=last, leans_on=found[-1] if found else None)


def _here(answer: Reply, folder: str) -> Reply:
    """The reply without the folder: texts name files as they are where they come from."""
    finished, details = answer.finished, answer.details.replace(f"{folder}/", "")
    if finished is not None and folder in (text := finished.model_dump_json(by_alias=True)):
        finished = Finished.model_validate_json(text.replace(f"{folder}/", ""))
    refused = answer.refused.replace(f"{folder}/", "")
    return answer.model_copy(update={"finished": finished, "refused": refused, "details": details, "folder": folder})


if __name__ == "__main__":
    main()
