"""What stands among a process's modules, however odd it is: read as a dictionary, without a word of its own being run."""

import importlib.util
import itertools
import sys
import types

import pytest

from axiomkd.core import modules


class Refuses(types.ModuleType):
    """It says nothing at all, not even what it is."""

    def __getattribute__(self, name):
        raise SystemExit(3)


class Answers:
    """It has every attribute, and passes for a module."""

    __class__ = types.ModuleType  # type: ignore[assignment]

    def __getattr__(self, name):
        raise AssertionError(f"it was asked for {name}")


class Slotted:
    __slots__ = ()


class Guarded:
    """Its dictionary is a property."""

    @property
    def __dict__(self):
        raise RuntimeError


def of(**held: object) -> types.ModuleType:
    module = types.ModuleType("odd")
    vars(module).update(held)
    return module


ODD = {  # made when they are needed: pytest asks what it is given for a lot
    "refuses": lambda: Refuses("odd"),
    "answers": Answers,
    "slotted": Slotted,
    "guarded": Guarded,
    "a class": lambda: Slotted,
    "nothing": lambda: None,
    "a number": lambda: 3,
    "paths": lambda: of(__path__=itertools.count(), __file__=object()),
    "a text": lambda: of(__path__="/tmp", __file__=b"x"),
    "objects": lambda: of(__path__=object(), __file__=3),
    "a dictionary": lambda: of(__path__={"/tmp": 1}, __file__=""),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_names_nothing(name):
    odd = ODD[name]()
    assert modules.attribute(odd, "__version__") is None
    assert modules.file(odd) == ""
    assert modules.folders(odd) == []


def test_what_a_module_names_is_read():
    odd = of(__file__="a.py", __path__=["b", 3, "c\0", "\ud800"])
    assert modules.file(odd) == "a.py" and modules.folders(odd) == ["b"]
    assert modules.file(pytest) == pytest.__file__ and modules.folders(pytest) == list(pytest.__path__)


def test_a_text_of_another_kind_is_made_plain():
    Text = type("Text", (str,), {"__str__": lambda self: 1 / 0})
    found = modules.file(of(__file__=Text("a.py")))
    assert found == "a.py" and type(found) is str


def test_a_class_in_place_of_a_module_is_read_too():
    assert modules.file(type("Settings", (), {"__file__": "settings.py"})) == "settings.py"


def test_a_namespace_package_without_its_parent(tmp_path, monkeypatch):
    (tmp_path / "apart" / "inner").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    inner = importlib.import_module("apart.inner")
    assert modules.folders(inner) == [str(tmp_path / "apart" / "inner")]
    monkeypatch.delitem(sys.modules, "apart")
    assert modules.folders(inner) in ([], [str(tmp_path / "apart" / "inner")])


def test_a_lazy_module_is_not_woken(tmp_path, monkeypatch):
    (tmp_path / "sleeps.py").write_text("raise AssertionError('it was imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    spec = importlib.util.find_spec("sleeps")
    assert spec is not None and spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    lazy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lazy)
    assert modules.file(lazy) == str(tmp_path / "sleeps.py")
    assert modules.attribute(lazy, "anything") is None


def test_names_that_are_no_texts_are_passed_over(monkeypatch):
    for name in (3, "a\ud800", "b\0"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType("odd"))  # type: ignore[arg-type]
    names = [name for name, _ in modules.everything()]
    assert "sys" in names and all(isinstance(one, str) and modules.is_text(one) for one in names)
