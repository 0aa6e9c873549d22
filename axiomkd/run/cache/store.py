"""A folder of answers, one file a question. Whatever is wrong with it, it costs time and nothing else.

A file holds the answer's dependencies and is signed with the user's own key: an answer is given only while all of them are as they
were, and only to who has had it written. A folder that came with a checkout answers nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from axiomkd.core.files import regular, write
from axiomkd.core.package import CACHE_FOLDER as FOLDER
from axiomkd.run.cache import dependencies, environment, key
from axiomkd.run.cache.dependencies import Dependencies

FORMAT = 2
LARGEST = 64 << 20  # bytes of one answer
MOST = 2_000  # files; the oldest go first
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Answers of axiomkd. It may be deleted at any time.\n"


class Kept(BaseModel):
    """An answer and what it leans on, as they lie in a file."""

    format: int
    environment: str
    dependencies: Dependencies
    answer: str


class Store:
    """Answers in a folder. Safe to use from several threads and several processes at a time."""

    def __init__(self, folder: str | Path = FOLDER) -> None:
        self._folder = Path(folder)
        self._digests: dict[str, str] = {}
        self._lock = threading.Lock()
        self._ready = False
        self._key: bytes | None = None

    def get(self, question: Mapping[str, Any]) -> Kept | None:
        """The answer kept to a question (plain JSON values), None where there is none that still holds."""
        path = self._path(question)
        head, _, body = (regular(path, LARGEST) or b"").partition(b"\n")
        if not body or not self._signed() or not hmac.compare_digest(head, self._signature(path, body)):
            return None
        try:
            kept = Kept.model_validate_json(body)
        except ValidationError:
            return None
        if kept.format != FORMAT or kept.environment != environment.fingerprint():
            return None
        return kept if kept.dependencies.unchanged(self._digest) else None

    def put(self, question: Mapping[str, Any], answer: str, leans_on: Dependencies) -> None:
        """Keep an answer, unless it is unsure what it leans on. That it cannot be written is no error."""
        if leans_on.unsure or os.path.islink(self._folder) or not self._signed():
            return
        kept = Kept(format=FORMAT, environment=environment.fingerprint(), dependencies=leans_on, answer=answer)
        body, path = kept.model_dump_json(), self._path(question)
        with contextlib.suppress(OSError):
            self._prepare()
            write(path, f"{self._signature(path, body.encode()).decode()}\n{body}")

    def _signed(self) -> bool:
        """Whether there is a key to sign with."""
        with self._lock:
            if self._key is None:
                self._key = key.own() or b""
            return bool(self._key)

    def _signature(self, path: Path, body: bytes) -> bytes:
        """Of an answer to one question: its file's name is made of that."""
        assert self._key
        return hmac.new(self._key, path.name.encode() + b"\n" + body, hashlib.sha256).hexdigest().encode()

    def _path(self, question: Mapping[str, Any]) -> Path:
        text = json.dumps([os.getcwd(), question], sort_keys=True)
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:40]}.json"

    def _digest(self, path: str) -> str:
        """Each file is read once a run, however many answers lean on it."""
        with self._lock:
            if path not in self._digests:
                self._digests[path] = dependencies.digest(path)
            return self._digests[path]

    def _prepare(self) -> None:
        with self._lock:
            if self._ready:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
                if not (self._folder / name).exists():
                    write(self._folder / name, text)
            self._prune()
            self._ready = True

    def _prune(self) -> None:
        found = [(one.stat().st_mtime_ns, one.path) for one in os.scandir(self._folder) if one.name.endswith(".json")]
        for _, path in sorted(found)[:-MOST]:
            with contextlib.suppress(OSError):
                os.unlink(path)
