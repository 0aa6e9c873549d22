"""The picture that one holds, in headless Chromium: it begins at the witness, computes what the operator does, moves by keys,
and a link opens it again. Without a browser these tests are skipped, as those of the page are."""

import html as markup
import json
import os
import re
import subprocess

import numpy as np
import pytest

from axiomkd.checking.holding import holds
from axiomkd.core.report import HoldModel, StartModel
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.loading import load
from axiomkd.report import html
from tests.patience import PATIENCE
from tests.report import samples
from tests.report.test_browser import CHROMIUM, SWITCHES
from tests.report.test_html import PICTURES, Tree

P = [[0.25, 0.25, 0.5], [0.25, 0.5, 0.25]]
PANEL = np.array(P), np.array([0.5, 0.5])
DRIVE = """
addEventListener('load', () => {
  const out = [];
  for (const box of document.querySelectorAll('div.hold')) {
    const seen = {};
    const told = () => box.querySelector(':scope > output').textContent;
    const look = name => { seen[name] = [told(), box.querySelector('a').getAttribute('href')]; };
    const left = () => new KeyboardEvent('keydown', {key: 'ArrowLeft', bubbles: true, cancelable: true});
    seen.how = box.querySelector(':scope > p.key:not(:first-of-type)').textContent;
    seen.shown = box.checkVisibility();
    look('start');
    const dot = box.querySelector('g.handle');
    dot.focus();
    seen.focused = document.activeElement === dot;
    for (let n = 0; n < 10; n++) dot.dispatchEvent(left());
    look('moved');
    seen.value = dot.getAttribute('aria-valuetext');
    const input = [...box.querySelectorAll('input[type=range]')];
    input[0].value = 1; input[0].dispatchEvent(new Event('input'));
    look('alone');
    input[input.length - 1].value = 2; input[input.length - 1].dispatchEvent(new Event('input'));
    look('warm');
    seen.envelope = !!box.querySelector('path.envelope') && !!box.querySelector('path.hull');
    out.push(seen);
  }
  document.body.textContent = '@@' + JSON.stringify(out) + '@@';
});
"""


def held(name: str, **more) -> HoldModel:
    (found,) = holds(Evaluator(load(f"zoo:{name}")[0], softener("power"), 2, 3), PANEL, {})
    return found.model_copy(update=more)


def page(*found: HoldModel) -> str:
    pictures = [PICTURES.model_copy(update={"holds": [one]}) for one in found]
    operators = [
        samples.operator(f"f{n}", samples.ENVELOPE).model_copy(update={"pictures": one})
        for n, one in enumerate(pictures)
    ]
    return html.render(samples.report(*operators))


def driven(text: str, folder, hash_: str = "") -> list[dict]:
    if CHROMIUM is None:
        if os.environ.get("AXIOMKD_BROWSER") == "required":
            pytest.fail("AXIOMKD_BROWSER=required, and there is no Chromium on the PATH")
        pytest.skip("no Chromium on the PATH; CI has one")
    file = folder / "page.html"
    file.write_text(text.replace("</body>", f"<script>{DRIVE}</script></body>"), encoding="utf-8")
    command = [CHROMIUM, *SWITCHES, f"--user-data-dir={folder / 'profile'}", "--dump-dom", file.as_uri() + hash_]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    found = re.search(r"@@(.*)@@", done.stdout, re.S)
    assert found, done.stderr[-2000:]
    return json.loads(markup.unescape(found[1]))


def numbers(told: str) -> list[float]:
    return [float(x) for x in told.split("(")[2].split(")")[0].split(",")]


def log_pool(rows, w, T=1.0) -> np.ndarray:
    soft = np.array(rows) ** (1 / T)
    soft = soft / soft.sum(1, keepdims=True)
    q = np.exp(np.array(w) @ np.log(soft))
    return q / q.sum()


@pytest.mark.whole
def test_it_is_moved_and_computes(tmp_path):
    first, second = driven(page(held("log"), held("log", steps=None, outputs=[])), tmp_path)
    assert first["shown"] and first["focused"] and first["envelope"]
    assert "by the operator's own steps" in first["how"] and "interpolated from 24 sampled panels" in second["how"]
    assert numbers(first["start"][0]) == pytest.approx(log_pool(P, [0.5, 0.5]), abs=1e-5)
    assert "outside the envelope by 0.011204" in first["start"][0]
    # Ten presses to the left move class 0 up by 10 · 2.4/240, and class 1 down by as much.
    moved = [float(x) for x in first["value"].split(",")]
    assert moved == pytest.approx([0.35, 0.15, 0.5], abs=1e-4)
    assert numbers(first["moved"][0]) == pytest.approx(log_pool([moved, P[1]], [0.5, 0.5]), abs=1e-4)
    assert numbers(first["alone"][0]) == pytest.approx(moved, abs=1e-4) and "inside the envelope" in first["alone"][0]
    assert numbers(first["warm"][0]) == pytest.approx(log_pool([moved, P[1]], [1, 0], 4), abs=1e-4)
    assert sum(numbers(second["start"][0])) == pytest.approx(1, abs=1e-4)


@pytest.mark.whole
def test_a_link_opens_it_again_and_a_wrong_one_does_not_break_it(tmp_path):
    text = page(held("log"))
    (before,) = driven(text, tmp_path)
    (again,) = driven(text, tmp_path, before["alone"][1])
    assert again["start"][0] == before["alone"][0]
    (other,) = driven(text, tmp_path, "#hold=operator-0-hold&n=0&P=2,3;x&w=1&T=0")
    assert other["start"] == before["start"]


@pytest.mark.whole
def test_two_classes_are_a_line_and_a_browser_that_computes_otherwise_is_not_believed(tmp_path):
    start = StartModel(reading="pull", P=[[0.25, 0.75], [0.5, 0.5]], w=[0.5, 0.5])
    two = HoldModel(
        K=2, C=2, takes_T=False, starts=[start], steps=[["add", 0, 2]], outputs=[6, 1],
        panels=[[0.5, 0.5, 0.5, 0.5, 0.5, 0.5]], values=[[0.25, 0.75]],
    )  # fmt: skip
    (found,) = driven(page(two), tmp_path)
    assert "interpolated" in found["how"] and numbers(found["start"][0]) == [0.25, 0.75]


@pytest.mark.whole
def test_where_the_operator_has_no_value_nothing_is_said_to_be_inside(tmp_path):
    start = StartModel(reading="interior", P=[[0.5, 0.5], [0.5, 0.5]], w=[0.5, 0.5])
    undefined = HoldModel(
        K=2, C=2, takes_T=False, starts=[start], steps=[["sub", 0, 0], ["div", 6, 6]], outputs=[7, 7],
        panels=[[0.5, 0.5, 0.5, 0.5, 0.5, 0.5]], values=[[None, None]],
    )  # fmt: skip
    (found,) = driven(page(undefined), tmp_path)
    assert "A has no value here" in found["start"][0] and "envelope" not in found["start"][0]


def test_what_an_operator_says_stays_a_text():
    evil = held("log", starts=[StartModel(reading='"><script>alert(1)</script>', P=P, w=[0.5, 0.5])])
    tags = [tag for tag, _ in Tree(page(evil)).tags]
    assert tags.count("script") == 1
