"""The page in headless Chromium: at desktop and phone width, light and dark, nothing runs over, everything can be read.

Without a browser these tests are skipped, unless AXIOMKD_BROWSER=required says that there has to be one.
"""

import html as markup
import json
import os
import re
import shutil
import subprocess

import pytest

from axiomkd import axioms
from axiomkd.report import html
from tests.patience import PATIENCE
from tests.report import samples
from tests.report.test_html import PICTURES, everything

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = {"phone": 390, "tablet": 768, "desktop": 1280, "unfolded": 390}
SCHEMES = {"dark": 0, "light": 1}
SWITCHES = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --virtual-time-budget=10000 --window-size=1800,1000"
).split()

# Runs in the page that holds the report in frames of both widths, and leaves what it measured in its own body.
MEASURE = """
const out = {};
const rgb = text => text.match(/[\\d.]+/g).map(Number);
function backdrop(element, view) {
  for (let at = element; at; at = at.parentElement) {
    const colour = rgb(view.getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
}
function measured(frame) {
  const view = frame.contentWindow, page = frame.contentDocument;
  const found = {over: page.documentElement.scrollWidth - view.innerWidth, texts: [], outside: [], small: [], cells: []};
  found.sideways = [];
  found.overlaid = [];
  found.folded = [...page.querySelectorAll('details > pre')].map(one => one.checkVisibility());
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, style = view.getComputedStyle(element);
    if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
    const inside = element.closest('svg');
    found.texts.push([rgb(inside ? style.fill : style.color), backdrop(element, view), walker.currentNode.data.slice(0, 40)]);
  }
  for (const svg of page.querySelectorAll('svg')) {
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll('text')].map(text => [text.getBoundingClientRect(), text.textContent]);
    boxes.forEach(([a, name], n) => {
      for (const [b, other] of boxes.slice(n + 1))
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
          found.overlaid.push(name + ' / ' + other);
    });
    for (const [box, name] of boxes) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        found.outside.push(name);
      if (Math.max(box.height, name.length > 2 ? box.width : 0) < 11) found.small.push([name, box.width, box.height]);
    }
  }
  found.thin = [...page.querySelectorAll('.facts tbody td, .facts tbody th, article p')].filter(one => one.checkVisibility())
    .map(one => [one.getBoundingClientRect().width, one.textContent]).filter(([width, text]) => text.length > 12 && width < 90);
  found.height = page.documentElement.scrollHeight;
  for (const cell of page.querySelectorAll('.card td'))
    found.cells.push([cell.className, cell.textContent, backdrop(cell, view), cell.getBoundingClientRect().height]);
  found.broken = [...page.querySelectorAll('.card td b')].map(one => [one.textContent, one.getClientRects().length])
    .filter(([word, lines]) => lines > word.split(' ').length);
  for (const element of page.querySelectorAll('main > *, section > *'))
    if (element.getBoundingClientRect().right > view.innerWidth + 1) found.sideways.push(element.tagName + '.' + element.className);
  return found;
}
addEventListener('load', () => {
  for (const frame of document.querySelectorAll('iframe')) out[frame.id] = measured(frame);
  document.body.textContent = '@@' + JSON.stringify(out) + '@@';
});
"""


def report():
    """Everything the page has, and ten operators beside it."""
    many = [samples.operator(f"operator_{n}", samples.ENVELOPE) for n in range(10)]
    whole = everything()
    wide = samples.operator("wide", samples.ENVELOPE).model_copy(update={"pictures": PICTURES})
    return whole.model_copy(update={"operators": [*whole.operators, wide, *many]})


def few():
    """So few operators that their accounts lie open, with every kind of picture."""
    whole = everything()
    shown = samples.operator("shown", samples.NONEXPANSIVE, samples.RESPONSIVE, samples.HULL)
    return whole.model_copy(
        update={"operators": [*whole.operators[:2], shown.model_copy(update={"pictures": PICTURES})]}
    )


@pytest.fixture(scope="module", params=list(SCHEMES))
def seen(request, tmp_path_factory) -> dict:
    if CHROMIUM is None:
        if os.environ.get("AXIOMKD_BROWSER") == "required":
            pytest.fail("AXIOMKD_BROWSER=required, and there is no Chromium on the PATH")
        pytest.skip("no Chromium on the PATH; CI has one")
    folder = tmp_path_factory.mktemp("page")
    text = html.render(report())
    pages = {
        **dict.fromkeys(WIDTHS, text),
        "unfolded": html.render(few()),
        "paper": text.replace("@media print", "@media all"),
    }
    frames = "".join(
        f'<iframe id="{name}" width="{WIDTHS.get(name, 700)}" height="900" srcdoc="{markup.escape(one)}"></iframe>'
        for name, one in pages.items()
    )
    page = folder / "frames.html"
    page.write_text(
        f"<!doctype html><meta charset=utf-8><body>{frames}<script>{MEASURE}</script></body>", encoding="utf-8"
    )
    scheme = f"--blink-settings=preferredColorScheme={SCHEMES[request.param]}"
    command = [CHROMIUM, *SWITCHES, scheme, f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    found = re.search(r"@@(.*)@@", done.stdout, re.S)
    assert found, done.stderr[-2000:]
    return {"scheme": request.param, **json.loads(markup.unescape(found[1]))}


def luminance(colour) -> float:
    parts = [c / 255 for c in colour[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.whole
def test_the_page(seen, width):
    found = seen[width]
    assert found["over"] <= 0 and found["sideways"] == []
    assert found["outside"] == [] and found["small"] == []
    assert found["thin"] == [] and found["overlaid"] == []
    assert found["height"] < 14_000 or width == "unfolded"  # of fourteen operators: their accounts are folded
    assert len(found["texts"]) > 400
    assert [t for t in found["texts"] if contrast(t[0], t[1]) < 4.5] == []
    page = found["texts"][0][1]
    assert (luminance(page) < 0.2) == (seen["scheme"] == "dark")


@pytest.mark.parametrize("width", list(WIDTHS)[:3])
def test_the_card(seen, width):
    cells = seen[width]["cells"]
    assert len(cells) == len(axioms.READINGS) * 15 and all(text.strip() and height > 20 for _, text, _, height in cells)
    unrun = [
        colour for kind, text, colour, _ in cells if text.startswith(("not loaded", "error")) and "required" in text
    ]
    assert len(unrun) == 10
    assert all(red > 1.3 * max(green, blue) or red > 250 > green + 20 for red, green, blue, *_ in unrun)


def test_on_paper(seen):
    """With the rules for print, in either scheme: black on white, and what is folded on a screen is there."""
    found = seen["paper"]
    assert found["broken"] == []
    assert luminance(found["texts"][0][1]) > 0.9
    assert [t for t in found["texts"] if contrast(t[0], t[1]) < 4.5] == []
    assert len(found["folded"]) > 10 and all(found["folded"])
    assert not any(seen["phone"]["folded"])
