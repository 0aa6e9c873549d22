"""What a worker has given up by the time that anybody's code runs, tried from inside it; and that it still can what it needs.

Each mean is tried where the worker says that it is in force: not every system has them all.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from axiomkd.core.settings import Settings
from axiomkd.run import confinement, isolate, landlock, scratch
from axiomkd.run.isolate import Worker
from axiomkd.run.worker import Fell, Listed, Refused, list_operators
from tests.patience import PATIENCE

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's means")
HEAD = "from axiomkd import operator\n@operator\ndef linear(P, w):\n    return w @ P\nimport os, sys, tempfile\n"


class Seen:
    """What a worker said, printed and had given up while it imported a file."""

    def __init__(self, code: str, limit: float = PATIENCE) -> None:
        Path("op.py").write_text(HEAD + code)
        with Worker(list_operators, "op.py", False, Settings(), False, limit=limit) as worker:
            self.messages = list(worker.messages(limit))
            self.printed, self.confined = worker.output(), worker.confined or ()
            self.ending = worker.ending(limit) if not self.messages else ""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def attempts(*tries: str) -> Seen:
    """Each a line of Python; it prints its number, and `done` or the class of what it raises."""
    lines = [
        f"try:\n    {one}\n    print({n}, 'done')\nexcept BaseException as e:\n    print({n}, type(e).__name__)"
        for n, one in enumerate(tries)
    ]
    return Seen("\n".join(lines) + "\n")


def of(seen: Seen) -> list[str]:
    assert isinstance(seen.messages[-1], Listed), seen.messages
    return [line.split()[1] for line in seen.printed.splitlines()]


def needs(seen: Seen, *means: str) -> None:
    if missing := set(means) - set(seen.confined):
        pytest.skip(f"this system confines nothing by {', '.join(missing)}")


@linux
def test_what_can_be_told_of_the_kernel_is_in_force(tmp_path):
    assert bool(landlock.version()) == ("files" in Seen("").confined)
    assert "limits" in Seen("").confined


@linux
def test_it_writes_to_its_own_folder_and_nowhere_else(tmp_path):
    (tmp_path / "there").write_text("")
    seen = attempts(
        "open('new', 'w')",
        "open('there', 'a')",
        "os.unlink('there')",
        "os.mkdir('folder')",
        "os.rename('op.py', 'other.py')",
        "os.truncate('op.py', 0)",
        "open(os.path.expanduser('~/.axiomkd-was-here'), 'w')",
    )
    needs(seen, "files")
    assert set(of(seen)) == {"PermissionError"}
    assert sorted(os.listdir()) == ["op.py", "there"]


def test_what_operators_need_they_can():
    seen = attempts(
        "open('op.py').read()",
        "tempfile.TemporaryFile().write(b'x')",
        "open(os.path.join(tempfile.mkdtemp(), 'x'), 'w').write('x')",
        "open(os.devnull, 'w').write('x')",
        "import jax.numpy as jnp; assert float(jnp.ones((100, 100)).sum()) == 1e4",
        "import concurrent.futures as f; assert list(f.ThreadPoolExecutor(4).map(abs, [-1])) == [1]",
        "import subprocess; assert subprocess.check_output(['echo', 'x']) == b'x\\n'",
        "import tempfile; assert tempfile.gettempdir() == os.environ['TMPDIR']",
    )
    assert of(seen) == ["done"] * 8


@linux
def test_locks_between_processes_of_its_own_work_where_they_are_its_own():
    seen = attempts("import multiprocessing as m; m.get_context('fork').Lock()")
    needs(seen, "shared memory")
    assert of(seen) == ["done"]


@linux
def test_what_is_compiled_is_kept_where_the_user_said(tmp_path, monkeypatch):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "compiled"))
    line = (
        f"os.environ['JAX_COMPILATION_CACHE_DIR'] = {str(tmp_path / 'compiled')!r}\n"
        "open(os.environ['JAX_COMPILATION_CACHE_DIR'] + '/x', 'w')\nprint('kept')"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os\nfrom axiomkd.run import confinement as c\nc.enter('.', 'cpu', 9, ())\n{line}",
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout == "kept\n", done.stderr


@linux
def test_it_reaches_no_network():
    seen = attempts(
        "import socket; socket.create_connection(('127.0.0.1', 9), timeout=5)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
    )
    needs(seen, "network")
    assert "done" not in of(seen)
    assert "ConnectionRefusedError" not in of(seen)  # which somebody would have answered


@linux
def test_it_neither_signals_nor_reads_who_started_it():
    me = os.getpid()
    seen = attempts(
        f"os.kill({me}, 0)",
        "os.kill(os.getppid(), 0)",
        f"open('/proc/{me}/mem', 'rb').read(1)",
        f"open('/proc/{me}/environ', 'rb').read(1)",
        f"import ctypes; r = ctypes.CDLL(None).ptrace(16, {me}, 0, 0); assert r == 0",  # PTRACE_ATTACH
    )
    needs(seen, "signals", "tracing")
    assert "done" not in of(seen)


@linux
def test_there_are_limits_on_what_it_takes():
    seen = attempts(
        "import resource as r; assert r.getrlimit(r.RLIMIT_CPU)[1] != r.RLIM_INFINITY",
        "f = tempfile.TemporaryFile(); os.posix_fallocate(f.fileno(), 0, 10**10)",
        "kept = [open('op.py') for _ in range(10**5)]",
    )
    assert of(seen) == ["done", "OSError", "OSError"]


@linux
def test_the_key_of_the_cache_is_nothing_that_it_reads():
    from axiomkd.run.cache import key

    assert key.own()
    seen = attempts(f"open({str(key.folder() / key.NAME)!r}, 'rb').read()")
    needs(seen, "secrets")
    assert of(seen) == ["FileNotFoundError"]


def test_the_users_own_word_lets_it_all(monkeypatch):
    monkeypatch.setenv(confinement.SWITCH, "off")
    seen = attempts("open('new', 'w')")
    assert of(seen) == ["done"] and seen.confined == confinement.NOTHING


@linux
def test_what_it_starts_ends_with_it():
    """In sessions of their own, with no terminal, twice forked."""
    mark = "31.4159265"
    seen = Seen(
        "import subprocess\n"
        f"subprocess.Popen('setsid nohup sleep {mark} >/dev/null 2>&1 & (setsid sleep {mark} &)', shell=True).wait()\n"
        "if not os.fork():\n"
        "    os.setsid()\n"
        f"    os.fork() or os.execvp('sleep', ['sleep', '{mark}'])\n"
        "    os._exit(0)\n"
    )
    assert isinstance(seen.messages[-1], Listed)
    ended = time.monotonic() + PATIENCE
    while alive(mark) and time.monotonic() < ended:
        time.sleep(0.05)
    assert not alive(mark)


def alive(mark: str) -> bool:
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(one.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return any(text.startswith("sleep") and mark in text for text in found)


# --- what comes over the pipe ----------------------------------------------------------------------------------------------

PIPES = """
import struct
def pipes():
    for one in os.listdir("/proc/self/fd"):
        try:
            if int(one) > 2 and os.readlink(f"/proc/self/fd/{one}").startswith("pipe:"):
                yield int(one)
        except OSError:
            pass
def framed(data):
    return struct.pack("!i", len(data)) + data
def write(data):
    for one in pipes():
        try:
            os.write(one, data)
        except OSError:
            pass
"""


@linux
@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("struct.pack('!iQ', -1, 200 * 10**9)", "a message of 200,000,000,000 bytes"),
        ("struct.pack('!i', -5)", "a message of -5 bytes"),
        ("struct.pack('!i', 10**9) + b'x' * 10**5", "a message of 1,000,000,000 bytes"),
        ("struct.pack('!i', 3) + b'{}x'", "3 bytes that are no message"),
        ('framed(b\'{"kind": "confined", "means": ["all"]}\')', "its first message a second time"),
    ],
    ids=["200 GB", "negative", "1 GB", "no JSON", "the first again"],
)
def test_who_writes_to_our_pipe_is_told_as_the_culprit(data, said):
    seen = Seen(f"{PIPES}\nwrite({data})\nimport time; time.sleep(600)\n")
    assert seen.messages == [] and said in seen.ending


@linux
def test_pipes_in_the_place_of_files_keep_nobody_waiting():
    seen = Seen(
        "here = os.path.dirname(os.environ['TMPDIR'])\n"
        "for one in ('calls', 'trace', 'examples'):\n"
        "    if os.path.exists(f'{here}/{one}'): os.unlink(f'{here}/{one}')\n"
        "    os.mkfifo(f'{here}/{one}')\n"
        "os._exit(3)\n"
    )
    assert seen.ending == "ended its process with exit code 3"


# --- folders that stay -----------------------------------------------------------------------------------------------------


def test_a_folder_goes_whatever_is_in_it(tmp_path):
    made = scratch.Scratch()
    deep = os.open(made.path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=deep)
        below = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    os.close(deep)
    os.makedirs(f"{made.path}/locked/inside")
    os.chmod(f"{made.path}/locked", 0)
    os.symlink(tmp_path, f"{made.path}/link")
    made.remove()
    assert not os.path.lexists(made.path) and tmp_path.is_dir()


def test_folders_of_commands_that_are_gone_are_swept_and_no_others(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    live = scratch.Scratch()
    for name in ("axiomkd-abcdefgh", "axiomkd-12345678", "axiomkd-notours!", "others"):
        (tmp_path / name).mkdir()
        (tmp_path / name / scratch.OWNER).write_text("")
    (tmp_path / "axiomkd-12345678" / scratch.OWNER).unlink()  # of some other program
    for one in tmp_path.iterdir():
        os.utime(one, (1, 1))
    scratch._swept.clear()
    scratch.sweep()
    left = {one.name for one in tmp_path.iterdir()}
    assert left == {os.path.basename(live.path), "axiomkd-12345678", "axiomkd-notours!", "others"}
    live.remove()


def test_only_what_looks_like_an_example_is_kept(tmp_path):
    new, kept = tmp_path / "new", tmp_path / ".axiomkd" / "examples"
    good = new / "0123456789abcdef" / "fedcba9876543210"
    good.parent.mkdir(parents=True)
    good.write_text("{}")
    (good.parent / "aaaaaaaaaaaaaaaa").write_text("x" * (scratch.EXAMPLE + 1))
    (good.parent / "..evil").write_text("x")
    os.symlink("/etc", new / "bbbbbbbbbbbbbbbb")
    os.mkfifo(good.parent / "cccccccccccccccc")
    scratch.gather(str(new), str(kept))
    assert [str(one.relative_to(kept)) for one in kept.rglob("*") if one.is_file()] == [
        "0123456789abcdef/fedcba9876543210"
    ]


# --- whose fault it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "class E(Exception):\n    __str__ = lambda self: 7\nraise E()",
            "its text cannot be told: __str__ raised TypeError",
        ),
        ("raise ValueError('\\ud800 oh')", r"raised ValueError: \\ud800 oh"),
        ("raise ValueError('x' * 10**8)", r"100,000,000 characters"),
        ("operator(name='a\\ud800')(linear)", r"is no name"),
        ("operator(name='a\\x1b[2J')(linear)", r"is no name"),
        ("import shutil; shutil.rmtree(os.getcwd()); raise ValueError('oh')", "oh|Permission"),
    ],
    ids=["odd text", "half a character", "long", "name", "sequence", "no folder"],
)
def test_what_a_file_raises_is_told_whatever_it_is(code, said):
    seen = Seen(code)
    assert len(seen.messages) == 1 and isinstance(seen.messages[0], Refused), (seen.messages, seen.ending)
    assert re.search(said, seen.messages[0].message), seen.messages[0].message[:300]
    assert len(seen.messages[0].message + seen.messages[0].details) < 10_000


@pytest.mark.parametrize(
    "code",
    [
        "import jax; jax.config.update('jax_platforms', 'tpu')",
        "import jax; jax.config.update('jax_transfer_guard', 'disallow')",
        "import jax; jax.config.update('jax_disable_jit', True)",
        "from axiomkd.checking import engine; engine.check = lambda *_: iter(())",
        "from axiomkd.operators.evaluate import Evaluator; Evaluator.batch = lambda *_: 7",
    ],
    ids=["tpu", "transfers", "jit", "engine", "class"],
)
def test_what_a_file_does_to_the_process_is_told_as_its_own(code):
    Path("op.py").write_text(HEAD + code + "\n")
    ref = isolate.Ref(name="linear", target="op.py::linear", file="op.py", line=2)
    settings = Settings(effort="quick", K=(2,), C=(2,), readings=("convexity/simplex",), requires={})
    *_, last = isolate.run(ref, settings)
    assert last.kind == "finished" and last.result.status == "error" and not last.result.defect, last
    assert re.search("sets jax_|replaces axiomkd", last.result.message), last.result.message


def test_of_two_that_fail_the_one_of_ours_is_no_operators():
    seen = Seen("")
    assert not any(isinstance(one, Fell) for one in seen.messages)
