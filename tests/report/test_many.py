"""Reports of thousands: counted, worst first, so many lines as can be read, and a page under 5 MB whose accounts are unpacked."""

import base64
import io
import json
import re
import shutil
import subprocess
import zlib

import pytest
from rich.console import Console

from axiomkd.core.report import Failure
from axiomkd.report import html
from axiomkd.report.counts import counts, ranked, statuses
from axiomkd.report.html import many
from axiomkd.report.matrix import MANY, matrix
from axiomkd.report.terminal import render
from tests.patience import PATIENCE
from tests.report import samples
from tests.report.test_html import PICTURES, Tree

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
KINDS = (
    samples.operator("good", samples.PROVED),
    samples.operator("bad", samples.ENVELOPE, samples.HULL),
    samples.operator("open", samples.OPEN),
    samples.BROKEN,
)


def report(count: int, *, pictures: bool = False, failures: int = 0):
    more = {"pictures": PICTURES} if pictures else {}
    operators = [
        KINDS[n % 4].model_copy(update={"name": f"f{n}", "target": f"ops/f{n}.py::f{n}", **more}) for n in range(count)
    ]
    return samples.report(
        *operators, failures=tuple(Failure(target=f"gone{n}.py", message="no such file") for n in range(failures))
    )


def on_terminal(one, width=100, **options) -> str:
    out = io.StringIO()
    render(one, **{"verbose": False, "quiet": False, **options}, console=Console(file=out, width=width))
    return out.getvalue()


def test_readings_are_counted_and_those_in_trouble_come_first():
    one = report(400)
    found = {count.reading: count for count in counts(matrix(one))}
    assert found["envelope"].verdicts == {"holds": 200, "refuted": 100, "error": 100}
    assert (found["envelope"].required, found["envelope"].unmet) == (400, 200) and found["hull"].required == 0
    places = ranked(one.operators)
    assert places[:3] == [3, 7, 11] and places[100:103] == [1, 5, 9] and places[-1] == 396
    assert statuses(one, places) == "100 in error, 100 invalid, 100 undecided, 100 valid"


@pytest.mark.parametrize("width", [100, 60])
def test_a_terminal_shows_so_many_as_can_be_read(width):
    text = on_terminal(report(1000, failures=90), width)
    assert len(text.splitlines()) < 280 and "960 more: 210 in error, 250 invalid, 250 undecided, 250 valid" in " ".join(
        text.split()
    )
    assert re.search(r"envelope .* 500 of 1,000", text)
    assert "… 50 more not loaded; --verbose shows each" in text and "gone39.py" in text and "gone40.py" not in text
    assert max(map(len, text.splitlines())) <= max(width, 80)


def test_quiet_has_a_line_for_each():
    assert len(on_terminal(report(200), quiet=True).splitlines()) == 200


def unpacked(text: str) -> dict[int, str]:
    out = {}
    for at, packed in re.findall(
        r'<script type="application/octet-stream" class="packed" data-at="([^"]*)">(.*?)</script>', text
    ):
        out |= dict(zip(map(int, at.split()), json.loads(zlib.decompress(base64.b64decode(packed))), strict=True))
    return out


@pytest.mark.whole
def test_a_page_of_a_thousand_is_under_5_mb_and_has_every_account():
    one = report(1000, pictures=True, failures=200)
    text = html.render(one)
    assert len(text.encode()) < 5_000_000
    found = unpacked(text)
    assert sorted(found) == list(range(1000))
    assert all(f'<section id="operator-{n}">' in found[n] and f"f{n}<small>" in found[n] for n in (0, 1, 2, 3, 999))
    assert "11/20" in found[1] and "to paste" in found[1]
    tree = Tree(text)
    assert tree.text.count("not loaded: ") == html.FAILURES and "100 more not loaded" in tree.text
    rows = re.findall(r'<tr><th scope="row"><a href="#operator-(\d+)">', text)
    assert [int(n) for n in rows] == ranked(one.operators)


def test_fewer_have_their_pictures(monkeypatch):
    assert all("<svg" in account for account in unpacked(html.render(report(MANY + 1, pictures=True))).values())
    monkeypatch.setattr(many, "ROOM", 60_000)
    text = html.render(report(200, pictures=True))
    found = unpacked(text)
    assert sum(map(len, re.findall(r'class="packed"[^>]*>([^<]*)<', text))) <= 1.1 * 60_000
    assert not any("<svg" in account for account in found.values())
    assert "have none on this page" in text or len(found) == 200


def test_beyond_what_has_rows_the_page_says_what_is_left(monkeypatch):
    monkeypatch.setattr(many, "ROWS", 70)
    text = html.render(report(100))
    assert (
        text.count('<a href="#operator-') == 70 and "30 more: 5 undecided, 25 valid. The JSON report has them." in text
    )


def test_nothing_an_operator_says_is_markup_here_either():
    evil = "</script><script>alert(1)</script>"
    one = report(80)
    bad = KINDS[1].model_copy(update={"name": evil, "output": evil})
    text = html.render(one.model_copy(update={"operators": [bad, *one.operators[1:]]}))
    assert evil not in text and evil not in unpacked(text)[0] and "alert(1)" in unpacked(text)[0]


@pytest.mark.whole
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH; CI has one")
def test_a_browser_opens_an_account(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(html.render(report(200)), encoding="utf-8")
    line = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--dump-dom"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [*line, profile, f"{page.as_uri()}#operator-13-hull"], capture_output=True, text=True, timeout=PATIENCE
    )
    opened = done.stdout.partition('id="opened"')[2]
    assert '<section id="operator-13"><details class="operator" open="">' in opened
    assert 'data-said="f13 invalid' in done.stdout and "copy LaTeX" in opened
