"""What a report says of places: the folder that it was made in, and the point at which all the weight is on one teacher."""

from __future__ import annotations

import pytest

from axiomkd.core.errors import LoadError
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import home
from axiomkd.verify.line import Failed
from axiomkd.verify.report import verify

from .reports import changed, reading, report

CODE = """from axiomkd import operator

@operator
def mean(P, w):
    return P.mean(0)
"""
WITNESS = {
    "K": 2,
    "C": 2,
    "P": [["1/4", "3/4"], ["1/2", "1/2"]],
    "w": ["1", "0"],
    "teacher": 0,
    "t": ["1"],
    "value": [["3/8", "5/8"]] * 3,
    "margin": "-1/8",
    "confirmed": "exact",
}


@pytest.fixture
def file(tmp_path, monkeypatch):
    prepare("cpu")
    (tmp_path / "made").mkdir()
    monkeypatch.chdir(tmp_path / "made")
    path = tmp_path / "code" / "ops.py"
    path.parent.mkdir()
    path.write_text(CODE, encoding="utf-8")
    return path


@pytest.fixture
def made(file, monkeypatch):
    """A report that was made in a folder beside that of the operator; what is verified runs only below the working folder."""
    made = of(f"{file}::mean")
    monkeypatch.chdir(file.parent.parent)
    return made


def of(target):
    return report(str(target), [reading("responsive", "refuted", method="search", margin=-0.125, witness=WITNESS)])


def verified(made) -> int:
    return len(list(verify(made, met={})))


def test_another_folder_is_the_same_file(file, made, monkeypatch, tmp_path):
    for folder in (file.parent, tmp_path):
        monkeypatch.chdir(folder)
        assert verified(made) == 1
    monkeypatch.chdir(tmp_path / "made")
    with pytest.raises(LoadError, match="outside the working folder, so it is not run"):
        verified(made)


def test_relative_paths_are_from_a_folder_that_holds_the_report(file, monkeypatch, tmp_path):
    monkeypatch.chdir(file.parent)
    made = of("ops.py::mean")
    assert made.operators[0].file == "ops.py"
    beside, above = file.parent / "reports" / "report.json", tmp_path / "made" / "report.json"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LoadError, match="--folder"):
        verified(made)
    assert home.of(made, beside, home.within(None)) == file.parent
    assert home.of(made, above, home.within("code")) == file.parent
    # Not where the file is another, and not outside what is trusted.
    assert home.of(made, above, home.within(None)) == tmp_path
    assert home.of(made, beside, home.within("made")) == tmp_path / "made"
    (tmp_path / "ops.py").write_text("open('ran', 'w').close()", encoding="utf-8")
    monkeypatch.chdir(home.of(made, beside, home.within(None)))
    assert len(list(verify(made, met={}, trusted=tmp_path))) == 1
    with pytest.raises(LoadError, match="is not run"):
        list(verify(made, met={}, trusted=tmp_path / "made"))


def test_a_path_that_leaves_the_folder_of_the_report(file, monkeypatch, tmp_path):
    """A report on ../code/ops.py, made beside it: it runs only where both folders are trusted."""
    made = of("../code/ops.py::mean")
    path = tmp_path / "made" / "report.json"
    monkeypatch.chdir(tmp_path)
    monkeypatch.chdir(home.of(made, path, home.within(None)))
    assert len(list(verify(made, met={}, trusted=tmp_path))) == 1
    with pytest.raises(LoadError, match="is not run"):
        list(verify(made, met={}))


def test_another_file_is_not(file, made):
    other = file.parent / "other.py"
    other.write_text(CODE, encoding="utf-8")
    one = made.operators[0].model_copy(update={"file": str(other)})
    with pytest.raises(Failed, match="does not run"):
        verified(made.model_copy(update={"operators": [one]}))


@pytest.mark.parametrize("number", range(3))
def test_all_aggregates_of_one_teacher_alone_are_compared(file, number, monkeypatch):
    monkeypatch.chdir(file.parent.parent)
    made = of(f"{file}::mean")
    values = [["1/4", "3/4"] if n == number else list(x) for n, x in enumerate(WITNESS["value"])]
    witness = made.operators[0].readings[0].witness
    assert witness is not None
    witness = witness.model_copy(update={"value": values})
    with pytest.raises(Failed, match="an aggregate at the witness is"):
        verified(changed(made, "responsive", witness=witness))
