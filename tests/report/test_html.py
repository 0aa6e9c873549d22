"""The page: what stands in it, that nothing an operator says is markup, and where the pictures put their points."""

import math
import random
import re
from datetime import date
from html.parser import HTMLParser
from importlib.resources import files
from xml.etree import ElementTree as XML

import pytest

from axiomkd import axioms
from axiomkd.core.expected import Expected
from axiomkd.core.report import Failure, PathModel, PicturesModel, SceneModel, TraceModel
from axiomkd.core.softener import SOFTENERS
from axiomkd.gate import judge
from axiomkd.report import html
from axiomkd.report.html import compliance, pictures, plots, ternary
from axiomkd.report.html.account import witness as pictured
from axiomkd.report.html.ternary import Spot
from tests.report import samples

VOID = {"meta", "br", "link", "img", "input"}
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
        self.text = self.script = ""
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
        if self.open and self.open[-1] == "script":
            self.script += data
        elif self.open and self.open[-1] not in ("style", "title"):
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
    assert not {"link", "img", "iframe"} & {tag for tag, _ in tree.tags}
    assert [attributes for tag, attributes in tree.tags if tag == "script"] == [{}]
    assert not re.search(r"fetch|XMLHttp|WebSocket|innerHTML|insertAdjacentHTML|eval", tree.script)
    assert not re.search(
        r"(?:href|src)=\"(?!#)|url\(|@import|https?://", text.replace("http://www.w3.org/2000/svg", "")
    )
    for heading in ("Compliance card", "Pictures", "Required, and not met", "Proved", "what it printed"):
        assert heading in tree.text
    assert "Exit code 2" in tree.text and "gone.py not loaded: no such file" in tree.text
    anchors = {attrs["href"] for tag, attrs in tree.tags if tag == "a"}
    assert {f"#{attrs['id']}" for tag, attrs in tree.tags if tag == "section"} <= anchors


def test_every_cell_says_something_and_the_verdicts_are_told_apart():
    found = cells(everything())
    assert len(found) == len(axioms.READINGS) * 4 and all(
        said(cell).strip() and cell.get("class") for cell in found.values()
    )
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
    assert [tag for tag, _ in tree.tags].count("script") == 1 and "<script>alert(1)" in tree.text
    shipped = "".join((files(html.__name__) / name).read_text(encoding="utf-8") for name in html.SCRIPTS)
    assert tree.script.endswith(shipped) and all(one.script in tree.script for one in SOFTENERS.values())
    assert "\x07" not in text and text.encode("utf-8")


# --- pictures --------------------------------------------------------------------------------------------------------


def numbers(path: str) -> list[float]:
    return [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", path)]


def test_the_simplex_puts_distributions_where_they_belong():
    left, right, top = (ternary.place(row) for row in ([1, 0, 0], [0, 1, 0], [0, 0, 1]))
    assert left[1] == right[1] and right[0] - left[0] == ternary.SIDE and top[0] == (left[0] + right[0]) / 2
    assert math.dist(left, right) == pytest.approx(math.dist(left, top)) == pytest.approx(math.dist(right, top))
    middle = ternary.place([1 / 3] * 3)
    assert math.dist(middle, left) == pytest.approx(math.dist(middle, top))
    svg = ternary.simplex(
        "t", [Spot("teacher 0", [1, 0, 0], 0.5), Spot("teacher 1", [0, 1, 0], 0.5), Spot("q", [0, 0, 1])]
    )
    dots = [(float(c.get("cx")), float(c.get("cy"))) for c in svg.iter("circle")]
    assert dots == [pytest.approx(left, abs=0.01), pytest.approx(right, abs=0.01)]
    (diamond,) = [p for p in svg.iter("path") if p.get("class") == "aggregate"]
    assert numbers(diamond.get("d"))[:2] == [pytest.approx(top[0], abs=0.1), pytest.approx(top[1] - 8, abs=0.1)]


def test_the_hull():
    square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    assert sorted(ternary.hull([*square, (0.5, 0.5), (0.5, 0.0)])) == sorted(square)
    assert ternary.hull([(0.0, 0.0)] * 3) == [(0.0, 0.0)]
    assert ternary.hull([(0.0, 0.0), (1.0, 1.0), (0.5, 0.5)]) == [(0.0, 0.0), (1.0, 1.0)]


def test_names_do_not_lie_on_one_another():
    spots = [Spot(f"teacher {k}", [0.34, 0.33, 0.33], 0.2) for k in range(4)] + [Spot("aggregate", [0.33, 0.34, 0.33])]
    svg = ternary.simplex("t", spots)
    boxes = []
    for text in svg.iter("text"):
        anchor = next(a for a in ("start", "middle", "end") if a in text.get("class"))
        boxes.append(ternary._box(float(text.get("x")), float(text.get("y")), anchor, text.text))
    for n, box in enumerate(boxes):
        assert ternary._fits(box, boxes[:n], 1e9, 1e9)


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


def test_what_sums_to_two_is_not_drawn_on_the_simplex():
    here, aggregate = [Spot("teacher 0", P[0], 0.5), Spot("teacher 1", P[1], 0.5)], Spot("aggregate", [0.5, 0.5, 1.0])
    assert not [p for p in pictures.point("Here", [*here, aggregate]).iter("path") if p.get("class") == "hull"]
    whole = pictures.point("Here", [*here, Spot("aggregate", [0.5, 0.3, 0.2])], [[0.5, 0.5, 1.0], [0.5, 0.3, 0.2]])
    assert [p.get("class") for p in whole.iter("path") if p.get("class") in ("hull", "envelope")] == [
        "envelope",
        "hull",
    ]
    assert not [p for p in whole.iter("path") if p.get("class") == "line c0"]  # of the trail one point is left


def test_the_envelope_is_the_part_of_the_simplex_between_the_bounds():
    rng = random.Random(0)
    for _ in range(50):
        rows = [[-math.log(rng.random()) for _ in range(3)] for _ in range(3)]
        rows = [[x / sum(row) for x in row] for row in rows]
        corners = ternary.envelope(rows)
        low, high = [min(c) for c in zip(*rows, strict=True)], [max(c) for c in zip(*rows, strict=True)]
        assert 3 <= len(corners) <= 6
        for q in corners:
            assert abs(sum(q) - 1) < 1e-12
            assert all(a - 1e-12 <= x <= b + 1e-12 for a, x, b in zip(low, q, high, strict=True))
        for i in range(3):  # each bound is reached
            assert min(q[i] for q in corners) == pytest.approx(max(low[i], 1 - sum(high) + high[i]))
            assert max(q[i] for q in corners) == pytest.approx(min(high[i], 1 - sum(low) + low[i]))


def test_a_violation_smaller_than_a_dot_is_enlarged():
    value = ["0x1.0b7a1f8d1e8f1p-2", "0x1.7a42f03970b87p-2", "0x1.7a42f03970b87p-2"]
    given = {"cls": 0, "margin": "-0x1.6f1f4p-7", "confirmed": "ball", "value": [value]}
    log = samples.witness([["1/4", "1/4", "1/2"], ["1/4", "1/2", "1/4"]], ["1/2", "1/2"], **given)
    figure = pictured(samples.reading("envelope", "refuted", witness=log), log)
    whole, near = figure.findall("svg")
    assert "enlarged 11 times" in near.get("aria-label") and "11 times as large" in "".join(figure.itertext())
    diamond, edge = (next(p for p in near.iter("path") if p.get("class") == one) for one in ("aggregate", "envelope"))
    x = numbers(diamond.get("d"))[0]
    assert min(abs(x - e) for e in numbers(edge.get("d"))[::2]) > 8  # it is seen to lie outside
    assert len([t for t in near.iter("text")]) >= 1 and whole.get("viewBox") == near.get("viewBox")


def test_the_softened_teachers_are_in_the_picture_of_temperatures():
    P = [["1/10", "3/10", "3/5"], ["1/3", "1/3", "1/3"]]
    soft = samples.witness(P, ["1/2", "1/2"], T=["1", "1/2"], value=[["1/5", "3/10", "1/2"], ["1/10", "1/5", "7/10"]])
    figure = pictured(samples.reading("nonexpansive", "refuted", witness=soft), soft)
    hollow = [c for c in figure.iter("circle") if c.get("class") == "softened"]
    assert len(hollow) == 2 and "softened" in "".join(figure.itertext())
    expected = ternary.place([1 / 46, 9 / 46, 36 / 46])  # squares, over their sum
    assert (float(hollow[0].get("cx")), float(hollow[0].get("cy"))) == pytest.approx(expected, abs=0.02)


def test_every_cell_leads_to_its_account():
    for report in (everything(), samples.report(*(samples.operator(f"f{n}", samples.HULL) for n in range(6)))):
        text = html.render(report)
        ids = re.findall(r' id="([^"]*)"', text)
        assert len(ids) == len(set(ids))
        links = set(re.findall(r'href="#([^"]*)"', text))
        assert links <= set(ids) and len(links) == len(report.operators) * (1 + len(axioms.READINGS))
        overview = text[text.index('class="overview"') :]
        assert overview[: overview.index("</table>")].count("<a ") == len(report.operators) * (1 + len(axioms.READINGS))


def test_the_accounts_of_many_operators_are_folded():
    many = samples.report(*(samples.operator(f"f{n}", samples.HULL) for n in range(6)))
    assert html.render(many).count('<details class="operator">') == 6
    assert html.render(everything()).count('<details class="operator">') == 0


def test_the_footer_says_the_command():
    report = samples.report(samples.operator("a"), samples.operator("power[alpha=2]"))
    text = Tree(html.render(report)).text
    assert "axiomkd check my_op.py::a 'my_op.py::power[alpha=2]' --profile article" in text and "TARGET" not in text


def test_the_witness_can_be_pasted_from_the_page():
    report = samples.report(samples.operator("a", samples.ENVELOPE))
    text = Tree(html.render(report)).text
    witness = report.witness("envelope")
    for one in (witness.to_latex(), witness.to_markdown(), witness.to_python()):
        assert one in text


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


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        ([0.5, 0.4, 0.3, 0.2, 0.06], "It comes nearer all the way."),
        ([0.5, 0.5, 0.5, 0.5, 0.5], "It comes no nearer: it stays 0.5 away."),
        (
            [0.5, 0.5, 0.3, 0.3, 0.3],
            "It comes nearer, and over a part of the way it does not. At a weight of 0.90 it is still 0.3 away.",
        ),
        ([0.5, 0.4, 0.35, 0.3, 0.27], "It comes nearer all the way. At a weight of 0.90 it is still 0.27 away."),
        ([None] * 5, ""),
    ],
)
def test_what_is_said_of_a_path_is_what_it_shows(distance, said):
    path = PICTURES.paths[0].model_copy(update={"turns": None, "distance": distance})
    caption = "".join(pictures.weight(path)[-1].find("figcaption").itertext())
    assert caption.endswith(f"witness of pull. {said}".strip())


def test_a_trace_goes_down_in_stairs():
    figure = pictures.traces(PICTURES.traces)
    line = next(p.get("d") for p in figure.iter("path") if p.get("class", "").startswith("line"))
    (x0, y0, x1, y1, x2, y2) = numbers(line)
    assert x0 < x1 == x2 and y0 == y1 < y2
    assert pictures.traces([]) is None


def test_the_name_of_a_mark_keeps_clear_of_a_levels():
    plot = plots.Plot(
        "t", plots.Axis("x", 0, 1), plots.Axis("y", 0, 1), [plots.Line("a", [0, 1], [0, 1])],
        [plots.Mark("here", 0.1), plots.Mark("there", 0.15, 0.9)], [("a level that says much", 0.96)],
    )  # fmt: skip
    written = [(float(t.get("x")), float(t.get("y")), t.text) for t in plots.draw(plot).iter("text")]
    told = [one for one in written if one[2] in ("here", "there", "a level that says much")]
    assert len(told) == 3 and not any(plots._touch(a, b) for n, a in enumerate(told) for b in told[:n])


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
    assert [len(table.findall("tbody/tr")) for table in tables] == [len(axioms.READINGS) + len(axioms.AXIOMS)] * len(
        tables
    )
