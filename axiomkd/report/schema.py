"""The published JSON Schema of a report, a file beside this one: made from the models, never edited by hand.

`python -m axiomkd.report.schema` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path

from axiomkd.core.report import json_schema

FILE = Path(__file__).with_name("report.schema.json")


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    FILE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
