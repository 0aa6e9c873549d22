"""Pictures of a point and of paths: the simplex for three classes, bars for other numbers, curves. Floats, for the eye.

It knows teachers and aggregates as rows of numbers, and nothing of verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from axiomkd.core.report import PathModel, TraceModel
from axiomkd.report.html.plots import LETTER, Axis, Line, Mark, Plot, draw
from axiomkd.report.html.tree import E, Element

SIDE, LEFT, TOP = 240.0, 60.0, 34.0
HEIGHT = SIDE * math.sqrt(3) / 2
MOST_CLASSES, MOST_TEACHERS, MOST_TRACES = 10, 6, 6

Numbers = Sequence[float | None]


@dataclass(frozen=True)
class Spot:
    """A named distribution: a teacher with its weight, or an aggregate (`weight` None)."""

    name: str
    numbers: Numbers
    weight: float | None = None

    @property
    def finite(self) -> bool:
        return all(x is not None and math.isfinite(x) for x in self.numbers)

    @property
    def total(self) -> float:
        return sum(x for x in self.numbers if x is not None)


def point(title: str, spots: Sequence[Spot], trail: Sequence[Numbers] = ()) -> Element:
    """Teachers and aggregates at a point, in a simplex where there are three classes; below it what cannot be drawn."""
    classes = len(spots[0].numbers)
    picture = simplex(title, spots, trail) if classes == 3 else bars(title, spots)
    return E("figure", picture, E("figcaption", " ".join([f"{title}.", *_remarks(spots)])))


def _remarks(spots: Sequence[Spot]) -> Iterator[str]:
    for one in spots:
        if one.weight is not None:
            continue
        if not one.finite:
            yield f"The {one.name} is not a number at every class."
        elif abs(one.total - 1) > 1e-6:
            yield f"The {one.name} sums to {one.total:.4g}, not to 1."
        elif any(x is not None and x < -1e-9 for x in one.numbers):
            yield f"The {one.name} has a negative entry."


# --- three classes ---------------------------------------------------------------------------------------------------


def place(numbers: Numbers) -> tuple[float, float]:
    """Where a distribution over three classes lies: class 0 at the left, class 1 at the right, class 2 at the top."""
    a, b, c = (x or 0.0 for x in numbers)
    total = a + b + c or 1.0
    a, b, c = a / total, b / total, c / total
    return LEFT + SIDE * (b + c / 2), TOP + HEIGHT * (1 - c)


def simplex(title: str, spots: Sequence[Spot], trail: Sequence[Numbers] = ()) -> Element:
    """The triangle of all distributions, the hull of the teachers, the aggregates, and the trail that an aggregate leaves."""
    width, height = SIDE + 2 * LEFT, HEIGHT + TOP + 30
    corners = [place(row) for row in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    body: list[Element] = [E("path", d=_grid(), class_="grid"), E("path", d=_closed(corners), class_="axis")]
    teachers = [one for one in spots if one.weight is not None]
    body.append(E("path", d=_closed(hull([place(one.numbers) for one in teachers])), class_="hull"))
    whole = [place(row) for row in trail if all(x is not None for x in row)]
    if len(whole) > 1:
        body.append(E("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in whole), class_="line c0"))
        body.append(E("circle", cx=whole[-1][0], cy=whole[-1][1], r=3.0, class_="end"))
    taken = [_box(x, y, "middle", name) for x, y, name in _corner_names(corners)]
    body += [E("text", name, x=x, y=y, class_="tick middle") for x, y, name in _corner_names(corners)]
    drawn = [one for one in spots if one.finite]
    for one in drawn:
        body.append(_dot(one))
    for one in drawn:
        body.append(_label(one, taken, width, height))
    view = f"0 0 {width:g} {height:.0f}"
    return E("svg", E("title", title), *body, viewBox=view, role="img", aria_label=title)


def _grid() -> str:
    parts = []
    for n in (0.25, 0.5, 0.75):
        for a, b in (((n, 1 - n, 0), (n, 0, 1 - n)), ((0, n, 1 - n), (1 - n, n, 0)), ((0, 1 - n, n), (1 - n, 0, n))):
            (x, y), (u, v) = place(a), place(b)
            parts.append(f"M{x:.1f} {y:.1f}L{u:.1f} {v:.1f}")
    return "".join(parts)


def _corner_names(corners: Sequence[tuple[float, float]]) -> list[tuple[float, float, str]]:
    (ax, ay), (bx, by), (cx, cy) = corners
    return [(ax, ay + 20, "class 0"), (bx, by + 20, "class 1"), (cx, cy - 12, "class 2")]


def _closed(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners of the convex hull, counter-clockwise (Andrew's monotone chain)."""
    some = sorted(set(points))
    if len(some) < 3:
        return some

    def half(order: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        out: list[tuple[float, float]] = []
        for p in order:
            while len(out) > 1 and _turn(out[-2], out[-1], p) <= 0:
                out.pop()
            out.append(p)
        return out[:-1]

    return half(some) + half(some[::-1])


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _dot(one: Spot) -> Element:
    x, y = _inside(place(one.numbers))
    if one.weight is None:
        return E("path", d=f"M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8 -8Z", class_="aggregate")
    return E("circle", cx=x, cy=y, r=4 + 6 * math.sqrt(max(one.weight, 0.0)), class_="teacher")


def _inside(spot: tuple[float, float]) -> tuple[float, float]:
    return min(max(spot[0], 10), SIDE + 2 * LEFT - 10), min(max(spot[1], 10), HEIGHT + TOP + 20)


def _label(one: Spot, taken: list, width: float, height: float) -> Element:
    """The name beside its dot, where nothing is written yet."""
    x, y = _inside(place(one.numbers))
    places = [(x + dx, y + dy, anchor) for dx, dy, anchor in OFFSETS]
    free = [p for p in places if _fits(_box(*p, one.name), taken, width, height)]
    X, Y, anchor = (free or places)[0]
    taken.append(_box(X, Y, anchor, one.name))
    strong = " strong" if one.weight is None else ""
    return E("text", one.name, x=X, y=Y, class_=f"tick {anchor}{strong}")


OFFSETS = [
    (dx * scale, dy * scale + 4, anchor)
    for scale in (1, 1.7, 2.6)
    for dx, dy, anchor in ((13, 0, "start"), (-13, 0, "end"), (0, -15, "middle"), (0, 17, "middle"))
]


def _box(x: float, y: float, anchor: str, text: str) -> tuple[float, float, float, float]:
    long = len(text) * LETTER
    left = {"start": x, "middle": x - long / 2, "end": x - long}[anchor]
    return left, y - 10, left + long, y + 3


def _fits(box: tuple[float, float, float, float], taken: list, width: float, height: float) -> bool:
    left, top, right, bottom = box
    if left < 0 or right > width or top < 0 or bottom > height:
        return False
    return all(right <= a or left >= c or bottom <= b or top >= d for a, b, c, d in taken)


# --- other numbers of classes ----------------------------------------------------------------------------------------


def bars(title: str, spots: Sequence[Spot]) -> Element:
    """A group of bars a class: teachers, then aggregates."""
    teachers = [one for one in spots if one.weight is not None][:MOST_TEACHERS]
    shown = [*teachers, *(one for one in spots if one.weight is None)]
    classes = min(len(spots[0].numbers), MOST_CLASSES)
    high = max([1.0, *(x for one in shown for x in one.numbers if x is not None and math.isfinite(x) and x < 1e3)])
    left, top, bottom, width, height = 34.0, 16.0 + 15 * len(shown), 24.0, 380.0, 170.0 + 15 * len(shown)
    room = height - top - bottom
    body: list[Element] = [E("path", d=f"M{left} {top}V{height - bottom}H{width - 6}", class_="axis")]
    for value in (0.0, 0.5, 1.0):
        y = height - bottom - room * value / high
        body += [
            E("path", d=f"M{left} {y:.1f}H{width - 6}", class_="grid"),
            E("text", f"{value:g}", x=left - 6, y=y + 4, class_="tick end"),
        ]
    group = (width - left - 10) / classes
    thick = group * 0.8 / len(shown)
    for n, one in enumerate(shown):
        kind = f"bar aggregate a{min(n - len(teachers), 2)}" if one.weight is None else f"bar b{n % 6}"
        body += [
            E("rect", x=8.0, y=6.0 + 15 * n, width=10.0, height=10.0, class_=kind),
            E("text", one.name, x=24.0, y=15.0 + 15 * n, class_="tick" + (" strong" if one.weight is None else "")),
        ]
        for c in range(classes):
            value = one.numbers[c]
            if value is not None and math.isfinite(value):
                size = room * min(max(value, 0.0), high) / high
                x, y = left + 5 + group * c + thick * n, height - bottom - size
                body.append(E("rect", x=x, y=y, width=max(thick - 1, 1.0), height=max(size, 0.5), class_=kind))
    for c in range(classes):
        x = left + 5 + group * c + thick * len(shown) / 2
        body.append(E("text", f"class {c}" if classes <= 6 else f"{c}", x=x, y=height - 8, class_="tick middle"))
    return E("svg", E("title", title), *body, viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=title)


# --- paths and traces ------------------------------------------------------------------------------------------------


def weight(path: PathModel) -> list[Element]:
    """The aggregate while a teacher's weight rises: where it goes, and how far from the teacher it is."""
    k = path.teacher or 0
    at = f" at the witness of {path.reading}" if path.reading else ""
    out = []
    if len(path.P[0]) == 3:
        spots = [Spot(f"teacher {n}", row, path.w[n]) for n, row in enumerate(path.P)]
        out.append(point(f"Path of the aggregate as teacher {k}’s weight rises from 0 to 1{at}", spots, path.q))
    distance = path.distance or []
    known = [d for d in distance if d is not None]
    marks = []
    if path.turns is not None:
        there = distance[min(range(len(path.x)), key=lambda n: abs(path.x[n] - path.turns))]  # type: ignore[operator]
        marks = [Mark(f"turns away at {path.turns:.2f}", path.turns, there)]
    said = (
        f"From a weight of {path.turns:.2f} on the aggregate moves away from the teacher whose weight rises."
        if path.turns is not None
        else "It never moves away."
    )
    title = f"Distance of the aggregate from teacher {k} while its weight rises{at}"
    plot = Plot(
        title,
        Axis(f"weight of teacher {k}", 0, 1),
        Axis("total variation", 0, max([*known, 1e-3]) * 1.08),
        [Line("distance", path.x, distance)],
        marks,
    )
    out.append(E("figure", draw(plot), E("figcaption", f"{title}. {said}")))
    return out


def temperature(path: PathModel) -> Element:
    """The aggregate over temperature, a line a class."""
    C = len(path.P[0])
    shown = range(min(C, 6))
    values = [x for row in path.q for c in shown if (x := row[c]) is not None]
    at = f" at the witness of {path.reading}" if path.reading else ""
    more = f" The first {len(shown)} of {C} classes." if C > len(shown) else ""
    title = f"The aggregate over temperature{at}"
    plot = Plot(
        title,
        Axis("temperature T", path.x[0], path.x[-1], logarithmic=True),
        Axis("probability", min([0.0, *values]), max([*values, 1 / C]) * 1.08),
        [Line(f"class {c}", path.x, [row[c] for row in path.q], c) for c in shown],
        [Mark("T = 1", 1.0)] if path.x[0] <= 1 <= path.x[-1] else [],
        [(f"uniform, 1/{C}", 1 / C)],
    )
    return E("figure", draw(plot), E("figcaption", f"{title}; towards the right all teachers become uniform.{more}"))


def traces(found: Sequence[TraceModel]) -> Element | None:
    """The smallest margin that the search had seen after so many cases, a line a reading."""
    some = list(found)[:MOST_TRACES]
    if not some:
        return None
    most = max(max(one.cases) for one in some)
    margins = [0.0 if abs(x) < 1e-12 else x for one in some for x in one.margin]
    low, high = min([0.0, *margins]), max([0.0, *margins])
    pad = (high - low or 1e-3) * 0.08
    title = "The smallest margin seen, over the cases searched"
    lines = [Line(one.reading, *_stairs([max(c, 1) for c in one.cases], one.margin), n) for n, one in enumerate(some)]
    plot = Plot(
        title,
        Axis("cases searched", 1, max(most, 10), logarithmic=True),
        Axis("margin", low - pad, high + pad),
        lines,
        levels=[("below 0: violated", 0.0)],
    )
    more = f" {len(found) - len(some)} more are in the JSON report." if len(found) > len(some) else ""
    return E("figure", draw(plot), E("figcaption", f"{title}. A line below 0 is a violation.{more}"))


def _stairs(x: Sequence[int], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """A minimum stays until it is undercut."""
    xs, ys = [float(x[0])], [y[0]]
    for a, b in zip(x[1:], y[1:], strict=True):
        xs += [float(a), float(a)]
        ys += [ys[-1], b]
    return xs, ys
