"""Elements of a page. Whatever text an operator brings along is text here, never markup."""

from __future__ import annotations

from xml.etree import ElementTree as XML

from axiomkd.report.bars import CONTROL

Element = XML.Element
Child = Element | str | None


def E(tag: str, *children: Child, **attributes: str | float | None) -> Element:
    """An element. `class_` and `for_` stand for class and for, `_` in a name for `-`; None leaves an attribute or child out."""
    element = XML.Element(tag)
    for name, value in attributes.items():
        if value is not None:
            shown = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
            element.set(name.rstrip("_").replace("_", "-"), clean(shown))
    for child in children:
        add(element, child)
    return element


def add(element: Element, child: Child) -> None:
    """Append a child, or text after what is there."""
    if child is None:
        return
    if not isinstance(child, str):
        element.append(child)
    elif len(element):
        element[-1].tail = (element[-1].tail or "") + clean(child)
    else:
        element.text = (element.text or "") + clean(child)


def clean(text: str) -> str:
    return CONTROL.sub("", text)


def page(root: Element) -> str:
    """The text of a page."""
    return "<!doctype html>\n" + XML.tostring(root, encoding="unicode", method="html") + "\n"
