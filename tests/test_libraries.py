"""The page on other libraries: each file is loaded, called, and checked on a reading or two; skipped where a library lacks."""

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import axiomkd
from axiomkd.operators.loading import load

PAGE = Path(__file__).parent.parent / "docs" / "how-to" / "libraries.md"
FILES = {file: text for file, text in re.findall(r"^```python (\S+)\n(.*?)^```", PAGE.read_text(), re.M | re.S)}
NEEDS = {
    "voting.py": ("sklearn",),
    "modes.py": ("torch",),
    "camkd.py": ("torch",),
    "rules.py": ("deslib", "sklearn"),
    "merging.py": ("torch", "ttach"),
}
VERDICTS = {
    "voting.py::voting[voting=soft]": {"simplex": True, "envelope": True},
    "voting.py::voting[voting=hard]": {"simplex": True},
    "voting_code.py::soft": {"simplex": True, "lipschitz": True},
    "voting_code.py::hard": {"simplex": True, "common-support": False},
    "modes.py::summed": {"simplex": True, "envelope": True},
    "modes.py::averaged_logits": {"commutation": True, "envelope": False},
    "modes.py::selected": {"envelope": True, "responsive": True, "nonexpansive": False},
    "camkd.py::camkd": {"envelope": True},
    "rules.py::deslib[rule=median]": {"simplex": True},
    "opinions.py::linear": {"envelope": True},
    "opinions.py::logarithmic": {"simplex": True},
    "merging.py::merged[type=mean]": {"simplex": True},
    "merging.py::merged[type=gmean]": {"simplex": False},
    "merging.py::merged[type=tsharpen]": {"simplex": False},
    "folds.py::folds": {},
}


def lacking(file):
    return [name for name in NEEDS.get(file, ()) if find_spec(name) is None]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for file, text in FILES.items():
        (tmp_path / file).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_file_of_the_page_is_tried():
    assert set(FILES) == {target.partition("::")[0] for target in VERDICTS}


@pytest.mark.slow
@pytest.mark.parametrize("target", VERDICTS)
def test_a_recipe_is_checked(target, folder):
    file = target.partition("::")[0]
    if lacking(file):
        pytest.skip(f"needs {', '.join(lacking(file))}")
    (one,) = load(target)
    readings = VERDICTS[target] or {"envelope": None}
    report = axiomkd.check(one, effort="quick", readings=list(readings), K=[2, 3], C=[3])
    found = {reading.reading: reading.verdict for reading in report.operators[0].readings}
    for name, met in readings.items():
        if met is not None:
            expected = ("proved", "holds") if met else ("refuted",)
            assert found[name] in expected, (found, report.operators[0].message)
    assert report.operators[0].status != "error", report.operators[0].message


def test_opinions_are_pools(folder):
    made = {one.name: one.fn for one in load("opinions.py")}
    P, w = np.array([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]]), np.array([0.25, 0.75])
    assert np.allclose(made["linear"](P, w), w @ P)
    assert np.isclose(made["logarithmic"](P, w).sum(), 1)
