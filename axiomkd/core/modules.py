"""What the modules of this process hold, read without running any code of theirs: nothing lazy is imported, nothing odd raises.

Anything may stand in `sys.modules`: modules that import themselves when an attribute is asked for, objects that answer every
question, None. It knows only dictionaries, and says nothing where there is none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

# A subclass may override how attributes are found, as lazy modules do; these are what lies below.
_OF_MODULE: Any = vars(ModuleType)["__dict__"]
_OF_CLASS: Any = vars(type)["__dict__"]


def everything() -> Iterator[tuple[str, Any]]:
    """What stands in `sys.modules`, under names that are texts."""
    for name, module in list(sys.modules.items()):
        if text := _text(name):
            yield text, module


def held(module: object) -> Mapping[str, Any]:
    """What a module, or what stands in place of one, has in its own dictionary."""
    kind = type(module)  # `isinstance` would believe what an object says of itself
    try:
        if issubclass(kind, ModuleType):
            found = _OF_MODULE.__get__(module)
        elif issubclass(kind, type):
            found = _OF_CLASS.__get__(module)
        else:
            found = object.__getattribute__(module, "__dict__")
    except Exception:  # it has none
        return {}
    return found if issubclass(type(found), dict | MappingProxyType) else {}


def attribute(module: object, name: str) -> Any:
    """What is kept under a name, None where nothing is: not what the module would make up if it were asked."""
    return held(module).get(name)


def file(module: object) -> str:
    """The file of a module, "" where it names none."""
    return _text(attribute(module, "__file__"))


def folders(module: object) -> list[str]:
    """Where the modules below a package are looked for."""
    path = attribute(module, "__path__")
    # Of the kinds that the import system makes: going through anything else would run code that is not ours.
    if type(path) not in (list, tuple) and not type(path).__module__.startswith(("importlib", "_frozen_importlib")):
        return []
    try:
        return [text for one in path if (text := _text(one))]
    except Exception:  # a namespace package asks its parent, which may be gone
        return []


def is_text(value: str) -> bool:
    """Whether a text names something that can be looked for and written down: no null in it and no half a character."""
    # ASCII has no half of a character: the names of modules are looked at by the thousand.
    return "\0" not in value and (value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value))


def _text(value: object) -> str:
    """The value as a plain text, "" where it is none."""
    plain = str.__str__(value) if isinstance(value, str) and issubclass(type(value), str) else ""  # pyright: ignore[reportUnnecessaryIsInstance]
    return plain if is_text(plain) else ""
