"""A folder of answers, one file a question. Whatever is wrong with it, it costs time and nothing else.

A file holds the answer's dependencies and a checksum; an answer is given only while all of them are as they were.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from axiomkd.core.files import write
from axiomkd.core.package import CACHE_FOLDER as FOLDER
from axiomkd.run.cache import dependencies, environment
from axiomkd.run.cache.dependencies import Dependencies

FORMAT = 1
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

    def get(self, question: Mapping[str, Any]) -> Kept | None:
        """The answer kept to a question (plain JSON values), None where there is none that still holds."""
        path = self._path(question)
        try:
            head, _, body = path.read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        try:
            kept = Kept.model_validate_json(body) if head == _checksum(body) else None
        except ValidationError:
            kept = None
        if kept is None or kept.format != FORMAT or kept.environment != environment.fingerprint():
            return None
        return kept if kept.dependencies.unchanged(self._digest) else None

    def put(self, question: Mapping[str, Any], answer: str, leans_on: Dependencies) -> None:
        """Keep an answer, unless it is unsure what it leans on. That it cannot be written is no error."""
        if leans_on.unsure:
            return
        kept = Kept(format=FORMAT, environment=environment.fingerprint(), dependencies=leans_on, answer=answer)
        body = kept.model_dump_json()
        with contextlib.suppress(OSError):
            self._prepare()
            write(self._path(question), f"{_checksum(body)}\n{body}")

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


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
