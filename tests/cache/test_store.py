"""A folder of answers: what is found again, and that nothing wrong with the folder is more than lost time."""

import hashlib
import json
import multiprocessing
import os
from pathlib import Path

import pytest

from axiomkd.run.cache import environment, key, store
from axiomkd.run.cache.dependencies import Dependencies, digest
from axiomkd.run.cache.store import Store

Q = {"result": "f"}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def answer(question, folder=".axiomkd_cache") -> str | None:
    kept = Store(folder).get(question)
    return None if kept is None else kept.answer


def kept_files() -> list[Path]:
    return sorted(Path(".axiomkd_cache").glob("*.json"))


def on(*files: str) -> Dependencies:
    return Dependencies(files={file: digest(file) for file in files})


def test_an_answer_is_found_again_by_its_question():
    Store().put(Q, "yes", on())
    assert answer(Q) == "yes"
    assert answer({"result": "g"}) is None
    assert (Path(".axiomkd_cache") / ".gitignore").read_text() == "*\n"


def test_not_from_another_folder(tmp_path, monkeypatch):
    Store(tmp_path / "kept").put(Q, "yes", on())
    assert answer(Q, tmp_path / "kept") == "yes"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert answer(Q, tmp_path / "kept") is None


def test_not_when_what_it_leans_on_has_changed():
    Path("a").write_text("1")
    Store().put(Q, "yes", on("a"))
    Path("a").write_text("2")
    assert answer(Q) is None
    Path("a").write_text("1")
    assert answer(Q) == "yes"


def test_not_in_another_environment(monkeypatch):
    Store().put(Q, "yes", on())
    monkeypatch.setattr(environment, "fingerprint", lambda: "another")
    assert answer(Q) is None


def test_what_is_unsure_is_not_kept():
    Store().put(Q, "yes", Dependencies(unsure="it rolls dice"))
    assert kept_files() == []


def test_the_last_answer_wins_and_takes_no_more_room():
    Store().put(Q, "yes", on())
    Store().put(Q, "no", on())
    assert answer(Q) == "no" and len(kept_files()) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"answer":"yes"', '"answer":"no!"'),
        lambda text: text.replace("yes", "\x00"),
        lambda text: "not a cache",
        lambda text: "\n",
        lambda text: text + " ",
    ],
)
def test_a_spoiled_file_is_no_answer_and_is_replaced(spoil):
    Store().put(Q, "yes", on())
    (file,) = kept_files()
    file.write_text(spoil(file.read_text()))
    assert answer(Q) is None
    Store().put(Q, "yes", on())
    assert answer(Q) == "yes"


def test_bytes_that_are_no_text_are_no_answer():
    Store().put(Q, "yes", on())
    kept_files()[0].write_bytes(b"\xff\xfe\x00")
    assert answer(Q) is None


def test_an_answer_of_another_format_is_none(monkeypatch):
    Store().put(Q, "yes", on())
    monkeypatch.setattr(store, "FORMAT", store.FORMAT + 1)
    assert answer(Q) is None


@pytest.mark.parametrize("broken", ["file in its place", "full disk", "no folder to write to"])
def test_where_nothing_can_be_written_nothing_is_kept(broken, monkeypatch):
    if broken == "file in its place":
        Path(".axiomkd_cache").write_text("")
    elif broken == "full disk":

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(store, "write", full)
    else:
        monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(PermissionError()))
    Store().put(Q, "yes", on())
    assert answer(Q) is None


def test_a_write_that_fails_half_way_leaves_nothing(monkeypatch):
    def half(self, text, **_):
        with open(self, "w") as file:
            file.write(text[:10])
        raise OSError(28, "No space left on device")

    Store().put({"other": 1}, "yes", on())
    monkeypatch.setattr(Path, "write_text", half)
    Store().put(Q, "yes", on())
    assert answer(Q) is None
    assert [one for one in os.listdir(".axiomkd_cache") if one.endswith(".part")] == []


def _write_often(n: int) -> None:
    for i in range(30):
        Store().put(Q, f"{n}-{i}" * 2_000, on())


def test_writers_at_the_same_time_leave_one_whole_answer():
    running = [multiprocessing.get_context("fork").Process(target=_write_often, args=(n,)) for n in range(3)]
    for one in running:
        one.start()
    seen = set()
    while any(one.is_alive() for one in running):
        seen.add(answer(Q))
    for one in running:
        one.join()
    last = answer(Q)
    assert last in {f"{n}-29" * 2_000 for n in range(3)}
    assert all(one is None or len(set(one.split("-"))) <= 4 for one in seen)
    assert all(json.loads(file.read_text().partition("\n")[2]) for file in kept_files())


def test_the_oldest_go_first(monkeypatch):
    monkeypatch.setattr(store, "MOST", 3)
    for n in range(6):
        Store().put({"n": n}, str(n), on())
        os.utime(Store()._path({"n": n}), (n, n))
    assert [answer({"n": n}) for n in range(6)] == [None, None, "2", "3", "4", "5"]


def test_the_fingerprint_sees_what_numerics_obey(monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)  # the tests' own
    plain = environment.fingerprint.__wrapped__()
    assert plain == environment.fingerprint.__wrapped__()
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    assert environment.fingerprint.__wrapped__() != plain
    monkeypatch.delenv("XLA_FLAGS")
    monkeypatch.setenv("UNRELATED", "1")
    assert environment.fingerprint.__wrapped__() == plain


def test_the_fingerprint_sees_what_is_installed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    plain = environment.fingerprint.__wrapped__()
    (tmp_path / "jax-9.9.9.dist-info").mkdir()
    assert environment.fingerprint.__wrapped__() != plain


def test_an_answer_that_came_with_a_checkout_is_none(tmp_path, monkeypatch):
    """Signed by somebody else's key, or by nobody's, or moved from another question."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "theirs"))
    Store().put(Q, "valid", on())
    Store().put({"result": "g"}, "other", on())
    assert answer(Q) == "valid"
    mine, others = sorted(kept_files(), key=lambda one: "other" in one.read_text())
    whole = mine.read_text()
    mine.write_text(others.read_text())
    assert answer(Q) is None
    mine.write_text(
        f"{hashlib.sha256(whole.partition(chr(10))[2].encode()).hexdigest()}\n{whole.partition(chr(10))[2]}"
    )
    assert answer(Q) is None
    mine.write_text(whole)
    assert answer(Q) == "valid"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "mine"))
    assert answer(Q) is None


def test_a_key_is_the_users_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    first = key.own()
    assert first is not None and len(first) == key.LENGTH and key.own() == first
    path = key.folder() / key.NAME
    assert path.stat().st_mode & 0o777 == 0o600
    for spoilt in (
        lambda: path.chmod(0o644),
        lambda: path.write_bytes(b"short"),
        lambda: (path.unlink(), os.mkfifo(path)),
    ):
        spoilt()
        assert key.own() is None
        Store().put(Q, "yes", on())
        assert answer(Q) is None and not kept_files()


def test_a_pipe_or_a_link_in_the_place_of_answers_keeps_nobody_waiting(tmp_path):
    Store().put(Q, "yes", on())
    (file,) = kept_files()
    file.unlink()
    os.mkfifo(file)
    assert answer(Q) is None
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to("far")
    Store("link").put(Q, "yes", on())
    assert os.listdir(tmp_path / "far") == []
