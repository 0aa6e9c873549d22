"""The page: what stands in it, that nothing an operator says is markup, and where the pictures put their points."""

import math
import re
from datetime import date
from html.parser import HTMLParser
from xml.etree import ElementTree as XML

import pytest

from axiomkd import axioms
from axiomkd.core.expected import Expected
from axiomkd.core.report import Failure, PathModel, PicturesModel, SceneModel, TraceModel
from axiomkd.gate import judge
from axiomkd.report import html
from axiomkd.report.html import compliance, pictures, plots
from axiomkd.report.html.pictures import Spot
from tests.report import samples

VOID = {"meta", "br", "link", "img"}
P = [[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.1, 0.3, 0.6]]
X = [0.1, 0.3, 0.5, 0.7, 0.9]
PICTURES = PicturesModel(
    scenes=[SceneModel(reading="", P=P, w=[0.5, 0.3, 0.2], q=[0.43, 0.34, 0.23])],
    paths=[
        PathModel(
            reading="pull",
            parameter="weight",
            teacher=0,
            P=P,
            w=[0.5, 0.3, 0.2],
            x=X,
            q=[[0.2, 0.4, 0.4], [0.3, 0.4, 0.3], [0.4, 0.3, 0.3], [None, None, None], [0.3, 0.4, 0.3]],
            distance=[0.5, 0.4, 0.3, None, 0.4],
            turns=0.5,
        ),
        PathModel(reading="", parameter="temperature", P=P, w=[0.5, 0.3, 0.2], x=[0.25, 1, 4], q=[[0.6, 0.3, 0.1]] * 3),
    ],
    traces=[TraceModel(reading="envelope", cases=[10, 100], margin=[0.0, -0.2])],
)


class Tree(HTMLParser):
    """Fails where a tag is closed that is not open; gathers rows of the card and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title"):
            self.text += data


def everything():
    one = samples.operator("a", samples.ENVELOPE, samples.HULL, samples.reading("limits", "proved", scope="all K, C"))
    one = one.model_copy(update={"pictures": PICTURES, "output": "printed\n"})
    other = samples.operator("b", samples.reading("responsive", "inconclusive"), samples.reading("closed", "fragile"))
    wrong = samples.operator(
        "c", *(samples.reading(r.name, "error", "raised") for r in axioms.READINGS), message="raised"
    )
    return samples.report(one, other, wrong, failures=(Failure(target="gone.py", message="no such file"),))


def cells(report, **options) -> dict[tuple[str, int], XML.Element]:
    table = next(compliance.card(report, **{"allow": (), **options}).iter("table"))
    rows = [row for row in table.iter("tr") if row.find("th[@scope='row']") is not None]
    return {(row[0].text or "", n): cell for row in rows for n, cell in enumerate(row[1:])}


def said(cell) -> str:
    return " ".join("".join(part.itertext()) for part in cell)


def test_it_is_whole_and_self_contained():
    text = html.render(everything())
    tree = Tree(text)
    assert text.startswith("<!doctype html>") and text == html.render(everything())
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tree.tags}
    assert not re.search(r"(?:href|src)=\"(?!#)|url\(|@import|https?://", text)
    for heading in ("Compliance card", "Pictures", "Required, and not met", "Proved", "what it printed"):
        assert heading in tree.text
    assert "Exit code 2" in tree.text and "gone.py not loaded: no such file" in tree.text
    anchors = {attrs["href"] for tag, attrs in tree.tags if tag == "a"}
    assert anchors == {f"#{attrs['id']}" for tag, attrs in tree.tags if tag == "section"} and len(anchors) == 3


def test_every_cell_says_something_and_the_verdicts_are_told_apart():
    found = cells(everything())
    assert len(found) == 19 * 4 and all(said(cell).strip() and cell.get("class") for cell in found.values())
    assert said(found["envelope", 0]).startswith("refuted exact · by 1/20 · 812,032 cases · required")
    assert found["envelope", 0].get("class") == "bad"
    assert found["hull", 0].get("class") == "bad aside"  # nothing requires it
    assert said(found["limits", 0]) == "proved all K, C" and found["limits", 0].get("class") == "good"
    assert (found["responsive", 1].get("class"), found["closed", 1].get("class")) == ("open", "open aside")
    assert found["envelope", 2].get("class") == "bad" and said(found["envelope", 2]).startswith("error")
    assert (said(found["envelope", 3]), found["envelope", 3].get("class")) == ("not loaded required", "bad")
    assert found["hull", 3].get("class") == "none"


def test_a_required_check_that_did_not_run_is_red():
    one = samples.operator("a")
    one = one.model_copy(update={"readings": [r for r in one.readings if r.reading in ("simplex", "envelope")]})
    found = cells(samples.report(one))
    assert (said(found["responsive", 0]), found["responsive", 0].get("class")) == ("not checked required", "bad")
    assert (said(found["hull", 0]), found["hull", 0].get("class")) == ("not checked", "none")


def test_known_allowed_and_partial():
    report = samples.report(samples.operator("a", samples.ENVELOPE, samples.reading("responsive", "fragile")))
    entry = Expected("my_op.py::a", "convexity/envelope", "issue 12", until=date(2027, 3, 31))
    judged = judge.judged(report, [entry], date(2026, 11, 24)).model_copy(update={"partial": True})
    found = cells(judged, allow=("fragile",))
    assert "known" in said(found["envelope", 0]) and "allowed" in said(found["responsive", 0])
    text = Tree(html.render(judged, allow=("fragile",), code=0)).text
    assert text.count("known, until 2027-03-31: issue 12") == 2 and "the report is partial" in text


def test_nothing_an_operator_says_is_markup():
    evil = "<script>alert(1)</script>\"'&\x07\ud800"
    reading = samples.ENVELOPE.model_copy(update={"message": evil, "reproducer": evil})
    one = samples.operator(evil, reading, output=evil, file=evil)
    text = html.render(samples.report(one, failures=(Failure(target=evil, message=evil),)))
    tree = Tree(text)
    assert "script" not in {tag for tag, _ in tree.tags} and "<script>alert(1)" in tree.text
    assert "\x07" not in text and text.encode("utf-8")


# --- pictures --------------------------------------------------------------------------------------------------------


def numbers(path: str) -> list[float]:
    return [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", path)]


def test_the_simplex_puts_distributions_where_they_belong():
    left, right, top = (pictures.place(row) for row in ([1, 0, 0], [0, 1, 0], [0, 0, 1]))
    assert left[1] == right[1] and right[0] - left[0] == pictures.SIDE and top[0] == (left[0] + right[0]) / 2
    assert math.dist(left, right) == pytest.approx(math.dist(left, top)) == pytest.approx(math.dist(right, top))
    middle = pictures.place([1 / 3] * 3)
    assert math.dist(middle, left) == pytest.approx(math.dist(middle, top))
    svg = pictures.simplex(
        "t", [Spot("teacher 0", [1, 0, 0], 0.5), Spot("teacher 1", [0, 1, 0], 0.5), Spot("q", [0, 0, 1])]
    )
    dots = [(float(c.get("cx")), float(c.get("cy"))) for c in svg.iter("circle")]
    assert dots == [pytest.approx(left, abs=0.01), pytest.approx(right, abs=0.01)]
    (diamond,) = [p for p in svg.iter("path") if p.get("class") == "aggregate"]
    assert numbers(diamond.get("d"))[:2] == [pytest.approx(top[0], abs=0.1), pytest.approx(top[1] - 8, abs=0.1)]


def test_the_hull():
    square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    assert sorted(pictures.hull([*square, (0.5, 0.5), (0.5, 0.0)])) == sorted(square)
    assert pictures.hull([(0.0, 0.0)] * 3) == [(0.0, 0.0)]
    assert pictures.hull([(0.0, 0.0), (1.0, 1.0), (0.5, 0.5)]) == [(0.0, 0.0), (1.0, 1.0)]


def test_names_do_not_lie_on_one_another():
    spots = [Spot(f"teacher {k}", [0.34, 0.33, 0.33], 0.2) for k in range(4)] + [Spot("aggregate", [0.33, 0.34, 0.33])]
    svg = pictures.simplex("t", spots)
    boxes = []
    for text in svg.iter("text"):
        anchor = next(a for a in ("start", "middle", "end") if a in text.get("class"))
        boxes.append(pictures._box(float(text.get("x")), float(text.get("y")), anchor, text.text))
    for n, box in enumerate(boxes):
        assert pictures._fits(box, boxes[:n], 1e9, 1e9)


@pytest.mark.parametrize(
    "q, said",
    [
        ([0.5, 0.5, 1.0], "The aggregate sums to 2, not to 1."),
        ([None, 0.5, 0.5], "The aggregate is not a number at every class."),
        ([-0.2, 0.6, 0.6], "The aggregate has a negative entry."),
        ([0.2, 0.3, 0.5], None),
    ],
)
def test_what_cannot_be_drawn_is_said(q, said):
    caption = "".join(pictures.point("Here", [Spot("teacher 0", P[0], 1.0), Spot("aggregate", q)]).itertext())
    assert caption.endswith(f"Here. {said}" if said else "Here.")


def test_bars_are_as_high_as_the_numbers():
    svg = pictures.bars("t", [Spot("teacher 0", [0.25, 0.75], 1.0), Spot("aggregate", [0.5, None])])
    heights = [float(r.get("height")) for r in svg.iter("rect") if float(r.get("width")) > 10]
    assert heights[0] * 2 == pytest.approx(heights[2], abs=0.02) and heights[0] * 3 == pytest.approx(
        heights[1], abs=0.02
    )
    assert len(heights) == 3


def test_the_turning_point_is_marked_where_it_is():
    simplex, curve = pictures.weight(PICTURES.paths[0])
    (mark,) = [c for c in curve.iter("circle") if c.get("class") == "mark"]
    line = next(p.get("d") for p in curve.iter("path") if p.get("class", "").startswith("line"))
    assert line.count("M") == 2  # a gap where there is no number
    points = numbers(line)
    assert (float(mark.get("cx")), float(mark.get("cy"))) == pytest.approx((points[4], points[5]), abs=0.06)
    assert "turns away at 0.50" in "".join(curve.itertext())
    assert "never moves away" in "".join(
        pictures.weight(PICTURES.paths[0].model_copy(update={"turns": None}))[-1].itertext()
    )


def test_a_trace_goes_down_in_stairs():
    figure = pictures.traces(PICTURES.traces)
    line = next(p.get("d") for p in figure.iter("path") if p.get("class", "").startswith("line"))
    (x0, y0, x1, y1, x2, y2) = numbers(line)
    assert x0 < x1 == x2 and y0 == y1 < y2
    assert pictures.traces([]) is None


def test_ticks_are_round_and_within():
    axis = plots.Axis("y", -0.37, 1.02)
    assert [round(t, 9) for t in axis.ticks()] == [0, 0.5, 1.0]
    assert plots.Axis("T", 0.25, 64, logarithmic=True).ticks() == [0.25, 1, 4, 16, 64]
    assert [plots.number(x) for x in (0, 0.25, 1, -0.5, 1e4, 0.075)] == ["0", "1/4", "1", "−1/2", "10⁴", "0.075"]
    for low, high in ((0, 1e-9), (-5, 5), (0.1, 0.1), (1, 1e7)):
        ticks = plots.Axis("y", low, high).ticks()
        assert 1 <= len(ticks) <= 7 and all(low - 1e-9 <= t <= high * (1 + 1e-9) for t in ticks)


def test_names_at_the_ends_of_lines_stay_apart_and_inside():
    for places in ([10, 11, 12, 13], [100, 100, 100], [0, 50, 99], [], [5]):
        out = plots.spread(places, 10, 0, 100)
        assert all(b - a >= 10 - 1e-9 for a, b in zip(out, out[1:], strict=False))
        assert all(0 <= y <= 100 for y in out)


@pytest.mark.parametrize("operators, columns", [(0, [0]), (1, [1]), (6, [6]), (7, [4, 3]), (13, [4, 5, 4])])
def test_a_card_has_no_more_columns_than_a_sheet_has_room_for(operators, columns):
    report = samples.report(*(samples.operator(f"f{n}", samples.ENVELOPE) for n in range(operators)))
    tables = list(compliance.card(report, allow=()).iter("table"))
    heads = [["".join(cell.itertext()) for cell in table.iterfind("thead/tr/th")] for table in tables]
    assert [len(head) - 1 for head in heads] == columns
    assert [name for head in heads for name in head[1:]] == [f"f{n}invalid" for n in range(operators)]
    assert [len(table.findall("tbody/tr")) for table in tables] == [19 + 5] * len(tables)
