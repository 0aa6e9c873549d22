"""Markdown in which nothing that an operator says is markup. It knows no report."""

from __future__ import annotations

import re
from html import escape

from axiomkd.report.bars import CONTROL


def fenced(text: str) -> str:
    """A block of text that nothing in it can end."""
    text = CONTROL.sub("", text).rstrip()
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 0)
    return f"{fence}text\n{text}\n{fence}"


def code(text: str) -> str:
    """A name in a table's cell, where backticks would not keep a bar from ending it."""
    return f"<code>{plain(text)}</code>"


def plain(text: str) -> str:
    """A line of text, for headings and for cells."""
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", html(text).replace("\n", " "))


def html(text: str) -> str:
    """Text between HTML tags."""
    return escape(CONTROL.sub("", text), quote=False)
