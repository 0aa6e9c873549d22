"""What a piece of work leaned on: every way in which Python lets a file ask something of the world around it.

Each case runs in a process of its own, since a listener listens until its process ends.
"""

import os
import py_compile
import time
from pathlib import Path

import pytest

from axiomkd.run.cache.dependencies import Dependencies, digest

from .interpreter import Interpreter

pytestmark = pytest.mark.whole  # in processes of their own

IMPORTS = "import sys\nfrom axiomkd.run.cache.dependencies import Listener"
RUN = """
listener = Listener(ours=["kept"])
sys.path.insert(0, "ops")
exec(compile(open("ops/work.py").read(), __import__("os").path.abspath("ops/work.py"), "exec"))
print(listener.dependencies().model_dump_json())
"""


@pytest.fixture(scope="module")
def interpreter():
    one = Interpreter(IMPORTS)
    yield one
    one.close()


@pytest.fixture
def leaned_on(interpreter, tmp_path_factory):
    out = tmp_path_factory.mktemp("told") / "dependencies.json"

    def run(code: str, **variables: str) -> Dependencies:
        Path("ops/work.py").write_text(code)
        time.sleep(0.06)  # a change so close to the start would rightly be doubted
        assert interpreter.run(RUN, folder=os.getcwd(), out=str(out), **variables) == 0
        return Dependencies.model_validate_json(out.read_text().splitlines()[-1])

    return run


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ops").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "one.txt").write_text("1")
    (tmp_path / "ops" / "helper.py").write_text("x = 1\n")
    return tmp_path


def holds(found: Dependencies) -> bool:
    return found.unchanged(digest)


def put(path: str, text: str) -> None:
    Path(path).write_text(text)


def link(path: str, target: str) -> None:
    Path(path).unlink(missing_ok=True)
    Path(path).symlink_to(target)


READS = [
    ("reads a file", "open('data/one.txt').read()", lambda: put("data/one.txt", "2")),
    (
        "reads through pathlib",
        "import pathlib; pathlib.Path('data/one.txt').read_bytes()",
        lambda: put("data/one.txt", "2"),
    ),
    (
        "reads by descriptor",
        "import os; os.read(os.open('data/one.txt', os.O_RDONLY), 9)",
        lambda: put("data/one.txt", "2"),
    ),
    (
        "opens a database",  # the library that opens the file is not Python's
        "import sqlite3; sqlite3.connect('./data/one.txt')",
        lambda: put("data/one.txt", "2"),
    ),
    ("imports a file beside it", "import helper", lambda: put("ops/helper.py", "x = 2\n")),
    ("imports inside a function", "(lambda: __import__('helper'))()", lambda: put("ops/helper.py", "x = 2\n")),
    ("finds no file", "try: open('data/two.txt')\nexcept OSError: pass", lambda: put("data/two.txt", "")),
    ("asks for a file", "import os; os.path.exists('data/two.txt')", lambda: put("data/two.txt", "")),
    (
        "asks for a file through pathlib",
        "import pathlib; pathlib.Path('data/two.txt').exists()",
        lambda: put("data/two.txt", ""),
    ),
    ("asks for a file that is there", "import os; os.path.isfile('data/one.txt')", lambda: os.unlink("data/one.txt")),
    ("finds no module", "try: import other\nexcept ImportError: pass", lambda: put("ops/other.py", "")),
    ("imports what is found later", "import colorsys", lambda: put("ops/colorsys.py", "")),
    ("lists a folder", "import os; os.listdir('data')", lambda: put("data/two.txt", "")),
    ("globs", "import pathlib; list(pathlib.Path('data').glob('*.txt'))", lambda: put("data/two.txt", "")),
    ("is changed itself", "1", lambda: put("ops/work.py", "2")),
    ("loses a file", "open('data/one.txt').read()", lambda: os.unlink("data/one.txt")),
]


@pytest.mark.parametrize("code, change", [case[1:] for case in READS], ids=[case[0] for case in READS])
def test_what_is_leaned_on_is_noticed_when_it_changes(place, leaned_on, code, change):
    found = leaned_on(code)
    assert not found.unsure and holds(found)
    change()
    assert not holds(found)


def test_a_link_that_points_elsewhere_is_a_change(place, leaned_on):
    (place / "data" / "two.txt").write_text("2")
    link("data/link.txt", "one.txt")
    found = leaned_on("open('data/link.txt').read()")
    assert holds(found)
    link("data/link.txt", "two.txt")
    assert not holds(found)


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.environ['ALPHA']",
        "import os; os.getenv('ALPHA')",
        "import os; os.environ.get('ALPHA')",
        "import os; 'ALPHA' in os.environ",
    ],
)
def test_variables_that_are_read_count(place, leaned_on, monkeypatch, code):
    found = leaned_on(code, ALPHA="1")
    assert "ALPHA" in found.variables and "1" not in found.variables.values()
    monkeypatch.setenv("ALPHA", "1")
    assert holds(found)
    monkeypatch.setenv("ALPHA", "2")
    assert not holds(found)
    monkeypatch.delenv("ALPHA")
    assert not holds(found)


def test_a_variable_that_was_not_set_counts(place, leaned_on, monkeypatch):
    found = leaned_on("import os; os.environ.get('ALPHA', '3')")
    assert holds(found)
    monkeypatch.setenv("ALPHA", "1")
    assert not holds(found)


@pytest.mark.parametrize(
    "code, why",
    [
        ("open('log.txt', 'a').write('x')", "writes"),
        ("import os; dict(os.environ)", "all environment variables"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import os; os.system('true')", "os.system"),
        ("import os; os.fork() or os._exit(0)", "os.fork"),
        ("import socket\ntry: socket.create_connection(('127.0.0.1', 9))\nexcept OSError: pass", "socket"),
        ("import os, time; os.utime('data/one.txt'); open('data/one.txt')", "has changed meanwhile"),
    ],
)
def test_what_cannot_be_held_against_the_next_time_is_doubted(place, leaned_on, code, why):
    found = leaned_on(code)
    assert why in found.unsure
    assert not holds(found)


@pytest.mark.parametrize(
    "code",
    [
        "import tempfile; f = tempfile.TemporaryFile(); f.write(b'x'); f.close()",
        "import os; os.makedirs('kept', exist_ok=True); open('kept/x', 'w').write('x')",
        "import colorsys",
    ],
)
def test_what_is_nobody_elses_is_not_doubted(place, leaned_on, code):
    found = leaned_on(code)
    assert found.unsure == "" and holds(found)


def test_files_that_do_not_matter_do_not_count(place, leaned_on):
    found = leaned_on("import colorsys, json")
    assert list(found.files) == [str(place / "ops" / "work.py")]
    put("data/one.txt", "2")
    put("ops/unrelated.py", "")
    assert holds(found)


LAZY = """
import importlib.util, sys
spec = importlib.util.find_spec("heavy")
spec.loader = importlib.util.LazyLoader(spec.loader)
sys.modules["heavy"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["heavy"])
"""
ODD = """
import itertools, sys, types, unittest.mock
import space.inner
del sys.modules["space"]
paths = [object(), "/tmp", itertools.count(), [3, None, b"x", "a\\0b", "\\ud800"], unittest.mock.MagicMock()]
for n, path in enumerate(paths):
    sys.modules[f"path{n}"] = types.ModuleType(f"path{n}")
    sys.modules[f"path{n}"].__path__ = path
for n, file in enumerate([3, "a\\0b", "/tmp/\\ud800.py", unittest.mock.MagicMock()]):
    sys.modules[f"file{n}"] = types.ModuleType(f"file{n}")
    sys.modules[f"file{n}"].__file__ = file
raises = type("M", (types.ModuleType,), {"__getattribute__": lambda self, name: sys.exit(3)})("raises")
anything = type("M", (), {"__getattr__": lambda self, name: self, "__class__": types.ModuleType})()
sys.modules.update({"raises": raises, "anything": anything, "nothing": None, "a\\ud800": None, 3: raises})
import helper
"""


def test_whatever_stands_among_the_modules_is_harmless(place, leaned_on):
    (place / "ops" / "space" / "inner").mkdir(parents=True)
    found = leaned_on(ODD)
    assert str(place / "ops" / "helper.py") in found.files
    assert not found.unsure


def test_no_lazy_module_is_imported(place, leaned_on):
    (place / "ops" / "heavy.py").write_text("open('data/mark.txt', 'w').close()\n")
    assert not leaned_on(LAZY).unsure
    assert not (place / "data" / "mark.txt").exists()


def test_a_file_whose_module_stands_for_it_no_more_counts(place, leaned_on):
    """Its byte code is read, and what it is compiled from need not be named anywhere."""
    (place / "ops" / "settings.py").write_text("import sys\nsys.modules[__name__] = type('S', (), {'x': 1})()\n")
    py_compile.compile("ops/settings.py", doraise=True)
    found = leaned_on("import settings")
    assert holds(found)
    put("ops/settings.py", "x = 2\n")
    assert not holds(found)


@pytest.mark.parametrize("code", ["open('data/\\udcff.txt', 'w').close()", "import os; os.environ.get('\\udcff')"])
def test_what_has_no_name_that_can_be_written_down_is_doubted(place, leaned_on, code):
    assert "no text" in leaned_on(code).unsure
