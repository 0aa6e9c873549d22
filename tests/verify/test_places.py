"""What a report says of places: the folder that it was made in, and the point at which all the weight is on one teacher."""

from __future__ import annotations

import pytest

from axiomkd.core.errors import LoadError
from axiomkd.tracing.numerics import prepare
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
