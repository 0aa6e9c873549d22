"""Results on disk as they end, a line of JSON each, and which of them a later run may go on from.

Lines are data: they are read by a schema, run nothing, and are worth what a report is. What follows from other parts of a line
is worked out again. It knows neither how operators are checked nor in what order.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel, ValidationError

from axiomkd.axioms.summary import requires_of, summarise
from axiomkd.core.errors import UsageError
from axiomkd.core.events import Finished
from axiomkd.core.package import VERSION
from axiomkd.core.settings import Settings
from axiomkd.core.system import fcntl
from axiomkd.run.cache import environment
from axiomkd.run.cache.dependencies import COARSE, digest
from axiomkd.run.worker import Ref

SCHEMA = "axiomkd.stream/1"
_APART = ("examples", "pictures")  # settings that change no verdict; a line without pictures is found by what is in it
_OPERATOR = re.compile(rb'\{"kind":"operator","key":"([0-9a-f]{64})",')


class Began(BaseModel):
    """The first line of a run: what was asked, and the `environment` (axiomkd's code, Python, packages) in which it ran."""

    kind: Literal["run"] = "run"
    schema_: str = SCHEMA
    version: str
    environment: str
    settings: dict[str, Any]


class Entry(BaseModel):
    """An operator that is done: `leans_on` are the files that its result leans on, path -> sha256; None where that is not known."""

    kind: Literal["operator"] = "operator"
    key: str
    ref: Ref
    leans_on: dict[str, str] | None
    finished: Finished


@dataclass(frozen=True)
class _Place:
    at: int
    length: int


class Stream:
    """A file of results. Safe to use from several threads; a second process is refused. `problem` says why it is no longer
    written, "" while it is."""

    def __init__(self, path: str, settings: Settings, *, resume: bool) -> None:
        """Begin a file, or go on with one. Raises UsageError where it is there already (`resume`: is not there, or is of
        other settings), cannot be written, or is being written by another run."""
        self._called = f"{'--resume' if resume else '--stream'} {path}"
        self._path, self._settings = path, settings
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._digests: dict[str, str] = {}
        self.problem = ""
        self._file = _opened(path, self._called, resume)
        try:
            self._begin()
        except OSError as e:
            self._file.close()
            raise UsageError(f"{self._called}: cannot be written ({e.strerror}).") from None
        except UsageError:
            self._file.close()
            raise

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _begin(self) -> None:
        began = Began(version=VERSION, environment=environment.fingerprint(), settings=_asked(self._settings))
        if self._read() != began:
            self._append(_line(began))

    def _read(self) -> Began | None:
        """Note where the lines of today's environment are; the last run that was begun. Half a line at the end is cut off, so
        that the next one begins a line."""
        began, end = None, 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            if found := _OPERATOR.match(line):
                if began is not None and began.environment == environment.fingerprint():
                    self._places[found[1].decode()] = _Place(end, len(line))
            elif (other := _began(line)) is not None:
                began = other
                self._compare(other)
            end += len(line)
        if began is None and end:
            raise UsageError(
                f"{self._called}: not what `--stream` writes. Give the file of the run that was interrupted."
            )
        self._file.truncate(end)
        return began

    def _compare(self, began: Began) -> None:
        if began.schema_ != SCHEMA or began.version != VERSION:
            raise UsageError(
                f"{self._called}: written by axiomkd {began.version} ({began.schema_}), and this is {VERSION} ({SCHEMA}). "
                "Finish it with that version, or begin another file with --stream."
            )
        now = _asked(self._settings)
        differing = [key for key in {**began.settings, **now} if began.settings.get(key) != now.get(key)]
        if differing:
            told = "; ".join(
                f"{key} was {_short(began.settings.get(key))}, is {_short(now.get(key))}" for key in differing
            )
            raise UsageError(
                f"{self._called}: of a run with other settings: {told}. Give those it began with, or begin another file "
                "with --stream."
            )

    def result(self, ref: Ref) -> Finished | None:
        """The result of an operator, while the files that it leans on are what they were."""
        key = _key(ref)
        place = self._places.get(key)
        if place is None:
            return None
        with self._lock:
            self._file.seek(place.at)
            line = self._file.read(place.length)
        try:
            entry = Entry.model_validate_json(line)
        except ValidationError:
            return None
        if entry.leans_on is None or entry.key != key or entry.ref != ref or not _whole(entry, self._settings):
            return None
        return entry.finished if all(self._digest(path) == was for path, was in entry.leans_on.items()) else None

    def write(self, ref: Ref, finished: Finished, leans_on: Mapping[str, str] | None, since: int) -> None:
        """Add a result, and what it leans on (None: not known). `since`: when its check began (nanoseconds); where a file has
        changed meanwhile, nothing goes on from this line. That it cannot be written is noted, and the check goes on."""
        on = _of_file(ref, finished) if leans_on is None else dict(leans_on)
        if any(_changed(path) > since - COARSE for path in on):
            entry = Entry(key=_key(ref), ref=ref, leans_on=None, finished=finished)
        else:
            entry = Entry(key=_key(ref), ref=ref, leans_on=on, finished=finished)
        with self._lock:
            if self.problem:
                return
            try:
                self._append(_line(entry))
            except OSError as e:
                self.problem = f"{self._called}: results are no longer written there ({e.strerror})."

    def _append(self, line: bytes) -> None:
        # Beside the file's own buffer: what could not be written is not tried again when the file is closed.
        place = self._file.seek(0, os.SEEK_END)
        while line:
            done = os.pwrite(self._file.fileno(), line, place)
            line, place = line[done:], place + done

    def _digest(self, path: str) -> str:
        """Each file is read once a run."""
        if path not in self._digests:
            self._digests[path] = digest(path)
        return self._digests[path]


def _of_file(ref: Ref, finished: Finished) -> dict[str, str]:
    """What an operator leans on whose process did not say: its file, unless that is this package's own."""
    path = os.path.abspath(ref.file)
    return {path: finished.result.hashes.get("source", "")} if os.path.isfile(path) else {}


def _changed(path: str) -> int:
    try:
        return max(os.stat(path).st_ctime_ns, os.lstat(path).st_ctime_ns)
    except OSError:
        return 0


def _opened(path: str, called: str, resume: bool) -> BinaryIO:
    there = os.path.exists(path)
    if there and not os.path.isfile(path):
        raise UsageError(f"{called}: not a file. Name one that ends in .jsonl.")
    if resume and not there:
        raise UsageError(f"{called}: no such file. `--stream {path}` begins one.")
    if not resume and there and os.path.getsize(path):
        raise UsageError(f"{called}: it is there already. `--resume {path}` goes on with it; else remove it.")
    try:
        file = open(path, "r+b" if there else "x+b")
    except OSError as e:
        raise UsageError(f"{called}: cannot be opened ({e.strerror}).") from None
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise UsageError(f"{called}: another run is writing to it. Wait for its end, or name another file.") from None
    except OSError:  # a file system that knows no locks
        pass
    return file


def _line(one: BaseModel) -> bytes:
    return one.model_dump_json(by_alias=True).encode(errors="backslashreplace") + b"\n"


def _began(line: bytes) -> Began | None:
    try:
        return Began.model_validate_json(line)
    except ValidationError:
        return None


def _asked(settings: Settings) -> dict[str, Any]:
    """The settings as JSON has them."""
    return json.loads(json.dumps({key: value for key, value in asdict(settings).items() if key not in _APART}))


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _key(ref: Ref) -> str:
    return hashlib.sha256(ref.model_dump_json().encode(errors="backslashreplace")).hexdigest()


def _whole(entry: Entry, settings: Settings) -> bool:
    """Whether the result is one of this operator, and says of it what its verdicts say."""
    one, ref = entry.finished.result, entry.ref
    if settings.pictures and one.pictures is None:
        return False
    requires = requires_of(ref.name, ref.claims, settings)
    wanted = {(axiom, name) for axiom, names in requires.items() for name in names}
    again = summarise(
        name=ref.name,
        target=ref.target,
        file=ref.file,
        line=ref.line,
        readings=one.readings,
        requires=requires,
        settings=settings,
        seconds=one.seconds,
        errored=one.status == "error",
    )
    follow = ("name", "target", "file", "line", "status", "requires", "strongest", "profiles")
    return all(getattr(one, key) == getattr(again, key) for key in follow) and all(
        r.required == ((r.axiom, r.reading) in wanted) for r in one.readings
    )
