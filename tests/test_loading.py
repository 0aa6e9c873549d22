"""Targets: what each way of writing one gives, and the one clear message where it gives nothing."""

import sys
from pathlib import Path

import pytest

from axiomkd.core.errors import LoadError
from axiomkd.core.operator import REGISTERED
from axiomkd.operators.loading import load, load_one, parse, sources

OPERATORS = Path(__file__).parent / "operators"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty working folder; what loading leaves in the interpreter is taken out again."""
    monkeypatch.chdir(tmp_path)
    before, path, modules = len(REGISTERED), list(sys.path), set(sys.modules)
    yield tmp_path
    del REGISTERED[before:]
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def write(path, text):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def failure(target, **options):
    with pytest.raises(LoadError) as raised:
        load(target, **options)
    return str(raised.value)


ONE = "from axiomkd import operator\n\n@operator\ndef linear(P, w):\n    return w @ P\n"
TWO = ONE + "\n@operator(name='log-pool')\ndef log_pool(P, w):\n    return P[0]\n\ndef bare(P, w):\n    return P[1]\n"
SEVERAL = (OPERATORS / "several.py").read_text()


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_file_gives_all_it_registers_in_its_order():
    write("several.py", SEVERAL)
    operators = load("several.py")
    assert [one.target for one in operators] == [
        "several.py::linear",
        "several.py::log_pool",
        "several.py::power[alpha=1]",
        "several.py::power[alpha=2]",
        "several.py::annealed",
        "several.py::shifted",
        "several.py::cubes",
    ]
    assert [one.name for one in operators[:2]] == ["linear", "log-pool"]
    assert {one.file for one in operators} == {"several.py"}
    lines = SEVERAL.splitlines()
    assert "@operator" in lines[operators[0].line - 1] and 'name="log-pool"' in lines[operators[1].line - 1]
    assert operators[6].K == (2, 3) and operators[6].C == (2, 3, 4)


def test_every_target_written_finds_its_operator_again():
    write("several.py", SEVERAL)
    for one in load("several.py"):
        (again,) = load(one.target)
        assert (again.name, again.target, again.line) == (one.name, one.target, one.line)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("log-pool", ["log-pool"]),
        ("log_pool", ["log-pool"]),
        ("linear", ["linear"]),
        ("power[alpha=2]", ["power[alpha=2]"]),
        ("power", ["power[alpha=1]", "power[alpha=2]"]),
        ("bare", ["bare"]),
        ("shifted", ["shifted"]),
    ],
)
def test_a_name_in_a_file_is_the_registered_one_or_the_functions(name, found):
    write("several.py", SEVERAL)
    assert [one.name for one in load(f"several.py::{name}")] == found


def test_an_undecorated_function_is_described_as_it_stands():
    write("two.py", TWO)
    (one,) = load("two.py::bare")
    assert (one.name, one.target, one.file) == ("bare", "two.py::bare", "two.py")
    assert one.line == TWO.splitlines().index("def bare(P, w):") + 1


def test_paths_are_kept_as_they_are_given(folder):
    write("ops/one.py", ONE)
    assert load("ops/one.py")[0].target == "ops/one.py::linear"
    assert load("./ops/one.py")[0].file == "ops/one.py"
    assert load(str(folder / "ops" / "one.py"))[0].file == "ops/one.py"


def test_the_file_runs_as_a_module_of_its_own_beside_its_folder():
    write("ops/helper.py", "def pool(P, w):\n    return w @ P\n")
    text = (
        "from dataclasses import dataclass\nimport helper, pickle\nfrom axiomkd import operator\n"
        "assert __name__ != '__main__' and __file__.endswith('uses.py')\n"
        "@dataclass\nclass Box:\n    x: int\n"
        "assert pickle.loads(pickle.dumps(Box(1))) == Box(1)\n"
        "operator(helper.pool)\n"
        "if __name__ == '__main__':\n    raise SystemExit\n"
    )
    write("ops/uses.py", text)
    (one,) = load("ops/uses.py")
    assert one.name == "pool" and one.file == "ops/uses.py"


def test_operators_imported_from_elsewhere_are_not_the_files_own():
    write("one.py", ONE)
    write("other.py", "import one\nfrom axiomkd import operator\noperator(lambda P, w: P[0], name='first')\n")
    assert [one.name for one in load("other.py")] == ["first"]


def test_a_file_loaded_twice_gives_the_same_twice():
    write("one.py", ONE)
    assert [len(load("one.py")) for _ in range(2)] == [1, 1]


def test_load_one_wants_one():
    write("several.py", SEVERAL)
    assert load_one("several.py::bare").name == "bare"
    with pytest.raises(LoadError, match=r"names 7 operators. Choose one of several.py::linear"):
        load_one("several.py")


# --- folders, modules, the zoo ---------------------------------------------------------------------------------------


def test_a_folder_is_all_python_files_below_it():
    write("ops/b.py", ONE)
    write("ops/a.py", ONE)
    write("ops/deep/c.py", ONE)
    write("ops/.hidden/d.py", ONE)
    write("ops/__pycache__/e.py", ONE)
    write("ops/notes.txt", "")
    found = sources("ops")
    assert [one.text for one in found] == ["ops/a.py", "ops/b.py", "ops/deep/c.py"]
    assert all(one.found for one in found)
    assert load("ops/deep/c.py", found=True)[0].target == "ops/deep/c.py::linear"


def test_in_a_folder_a_file_that_registers_nothing_is_passed_over_and_a_broken_one_is_not():
    write("ops/nothing.py", "x = 1\n")
    write("ops/about_an_operator.py", "operator = 1\n")
    write("ops/broken.py", "def f(:\n")
    assert load("ops/nothing.py", found=True) == []
    assert load("ops/about_an_operator.py", found=True) == []
    assert "ops/broken.py, line 1" in failure("ops/broken.py", found=True)


def test_a_folder_without_python_files_is_told():
    Path("empty").mkdir()
    with pytest.raises(LoadError, match="no Python file"):
        sources("empty/")


def test_modules_are_imported_from_the_working_folder():
    write("package_of_mine/__init__.py", "")
    write("package_of_mine/pools.py", "from . import __name__ as package\n" + TWO)
    assert [one.name for one in load("package_of_mine.pools")] == ["linear", "log-pool"]
    (one,) = load("package_of_mine.pools:log_pool")
    assert one.name == "log-pool" and one.target == "package_of_mine.pools:log_pool"
    assert Path(one.file) == Path("package_of_mine/pools.py")
    assert load("package_of_mine.pools:bare")[0].name == "bare"


def test_the_zoo_is_named_with_hyphens_or_underscores():
    from axiomkd.zoo import ENTRIES

    assert [one.target for one in load("zoo:")] == [f"zoo:{name}" for name in ENTRIES]
    assert load("zoo:linear")[0].target == "zoo:linear"
    name = next(name for name in ENTRIES if "_" in name)
    assert load(f"zoo:{name.replace('_', '-')}")[0].name == name
    sized = next(entry for entry in ENTRIES.values() if entry.K or entry.C)
    one = load_one(f"zoo:{sized.name}")
    assert (one.K, one.C) == (sized.K, sized.C)
    assert "Did you mean linear" in failure("zoo:liner")


@pytest.mark.parametrize(
    ("text", "kind", "where", "name"),
    [
        ("a.py", "file", "a.py", ""),
        ("a/b.py::c[x=1.5,y=a:b]", "file", "a/b.py", "c[x=1.5,y=a:b]"),
        ("a.b:c", "module", "a.b", "c"),
        ("a.b", "module", "a.b", ""),
        ("zoo:log-pool", "zoo", "zoo:", "log_pool"),
        ("zoo:", "zoo", "zoo:", ""),
    ],
)
def test_targets_are_read(text, kind, where, name):
    assert (parse(text).kind, parse(text).where, parse(text).name) == (kind, where, name)


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("syntax.py", "x = 1\ndef f(:\n", ["syntax.py, line 2", "Correct the syntax", "def f(:"]),
        ("zero.py", "x = '\0'\n", ["zero.py"]),
        ("nothing.py", "def my_pool(P, w):\n    return P\n", ["nothing.py", "@operator", "nothing.py::my_pool"]),
        ("missing.py", "\nimport a_module_not_there\n", ["missing.py, line 2", "'a_module_not_there'", "Install it"]),
        ("name.py", "from math import no_such\n", ["name.py, line 1", "no_such"]),
        ("relative.py", "from . import x\n", ["relative.py, line 1", "package.module"]),
        ("exits.py", "import sys\nsys.exit(4)\n", ["exits.py, line 2", "sys.exit(4)", "__main__"]),
        ("raises.py", "\n\n1 / 0\n", ["raises.py, line 3", "ZeroDivisionError: division by zero"]),
        ("twins.py", ONE + ONE, ["twins.py, line 8", "'linear'", "line 3", "name=", "another name"]),
        ("argument.py", ONE.replace("@operator", "@operator(K=0)"), ["argument.py, line 3", "K=0", "positive int"]),
        ("unknown.py", ONE.replace("@operator", "@operator(axiom=0)"), ["unknown.py, line 3", "axiom"]),
    ],
)
def test_a_file_that_cannot_be_loaded_is_told_with_line_and_remedy(name, text, said):
    write(name, text)
    told = failure(name)
    assert all(part in told for part in said), told
    assert "Traceback" not in told


def test_the_users_own_frames_go_with_it():
    write("helper_raises.py", "def f():\n    raise ValueError('deep')\n")
    write("calls.py", "import helper_raises\n\nhelper_raises.f()\n")
    with pytest.raises(LoadError) as raised:
        load("calls.py")
    assert "calls.py, line 3" in str(raised.value)
    details = raised.value.details
    assert 'File "calls.py", line 3' in details and 'File "helper_raises.py", line 2' in details
    assert "ValueError: deep" in details
    assert "loading.py" not in details and "importlib" not in details


def test_a_file_not_there_is_told_with_the_nearest():
    write("my_pool.py", ONE)
    assert failure("my_pol.py") == "my_pol.py: no such file. Did you mean my_pool.py?"
    assert "no folder nowhere" in failure("nowhere/a.py")
    write("notes.txt", "")
    assert "not a Python file" in failure("notes.txt")
    assert "neither a file nor a module" in failure("my_pol")


def test_a_name_not_there_is_told_with_what_is():
    write("two.py", TWO)
    told = failure("two.py::log_pol")
    assert "two.py" in told and "linear, log-pool" in told and "bare" in told and "Did you mean log" in told
    assert "not a function" in failure_of("two.py", "x = 3\n", "x")
    assert "operator(…())" in failure_of("two.py", "class Pool: pass\n", "Pool")


def failure_of(name, text, inside):
    write(name, text)
    return failure(f"{name}::{inside}")


def test_a_module_that_fails_is_told_like_a_file():
    write("mine_raises.py", "x = 1\nraise RuntimeError('no')\n")
    told = failure("mine_raises")
    assert "mine_raises, line 2" in told and "RuntimeError: no" in told
    write("mine_needs.py", "import another_not_there\n")
    assert "'another_not_there'" in failure("mine_needs")


def test_what_is_no_target_is_told_with_how_to_write_one():
    for text in ("a b", "::", "", "3x"):
        with pytest.raises(LoadError):
            load(text)
    assert "FILE.py::name" in failure("a b")


def test_no_byte_code_is_left_beside_the_users_file(folder):
    write("one.py", ONE)
    load("one.py")
    assert [path.name for path in folder.iterdir()] == ["one.py"]
