"""The simplex over three classes as a triangle: teachers, the hull and the envelope of their rows, aggregates, a trail; and a
part of it enlarged, where what matters is smaller than a dot.

It knows points with names, and nothing of verdicts. What sums to something else than 1 lies on no triangle: `pictures` draws bars.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from axiomkd.report.html.plots import LETTER
from axiomkd.report.html.tree import E, Element

SIDE, LEFT, TOP = 240.0, 60.0, 34.0
HEIGHT = SIDE * math.sqrt(3) / 2
WIDTH, TALL = SIDE + 2 * LEFT, HEIGHT + TOP + 30
ALIKE = 1.5  # dots that are nearer to each other than this share a label

Numbers = Sequence[float | None]
Place = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Spot:
    """A named distribution: a teacher with its weight, or an aggregate (`weight` None). `soft`: a teacher's row softened."""

    name: str
    numbers: Numbers
    weight: float | None = None
    soft: bool = False

    @property
    def finite(self) -> bool:
        return all(x is not None and math.isfinite(x) for x in self.numbers)

    @property
    def total(self) -> float:
        return sum(x for x in self.numbers if x is not None)

    @property
    def sums_to_one(self) -> bool:
        return self.finite and abs(self.total - 1) <= 1e-6


def place(numbers: Numbers) -> Place:
    """Where a distribution over three classes lies: class 0 at the left, class 1 at the right, class 2 at the top."""
    a, b, c = (x or 0.0 for x in numbers)
    total = a + b + c or 1.0
    a, b, c = a / total, b / total, c / total
    return LEFT + SIDE * (b + c / 2), TOP + HEIGHT * (1 - c)


def simplex(
    title: str,
    spots: Sequence[Spot],
    trail: Sequence[Numbers] = (),
    *,
    around: Numbers | None = None,
    times: float = 1.0,
) -> Element:
    """The triangle; with `around`, the part of it around a distribution, so many `times` as large."""
    at = place if around is None else _enlarged(place(around), times)
    teachers = [one.numbers for one in spots if one.weight is not None and not one.soft and one.sums_to_one]
    corners = [at(row) for row in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    body: list[Element] = [E("path", d=_grid(), class_="grid")] if around is None else []
    body.append(E("path", d=_closed(corners), class_="axis"))
    if teachers:
        body.append(E("path", d=_closed([at(row) for row in envelope(teachers)]), class_="envelope"))
        body.append(E("path", d=_closed(hull([at(row) for row in teachers])), class_="hull"))
    whole = [at(row) for row in trail if Spot("", row).sums_to_one]
    if len(whole) > 1:
        body.append(E("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in whole), class_="line c0"))
        body.append(E("circle", cx=whole[-1][0], cy=whole[-1][1], r=3.0, class_="end"))
    names = _corner_names(corners) if around is None else []
    body += [E("text", name, x=x, y=y, class_="tick middle") for x, y, name in names]
    drawn = [one for one in spots if one.finite and _within(at(one.numbers), around is None)]
    body += [_dot(one, at(one.numbers)) for one in drawn]
    body += _labels(drawn, at, [_box(x, y, "middle", name) for x, y, name in names])
    view = f"0 0 {WIDTH:g} {TALL:.0f}"
    return E("svg", E("title", title), *body, viewBox=view, role="img", aria_label=title)


def _enlarged(middle: Place, times: float) -> Callable[[Numbers], Place]:
    def at(numbers: Numbers) -> Place:
        x, y = place(numbers)
        return _near(WIDTH / 2 + times * (x - middle[0])), _near(TALL / 2 + times * (y - middle[1]))

    return at


def _near(x: float) -> float:
    """What is far outside the picture, brought to where a renderer still can compute with it."""
    return min(max(x, -1e5), 1e5)


def _within(spot: Place, whole: bool) -> bool:
    return whole or (0 <= spot[0] <= WIDTH and 0 <= spot[1] <= TALL)


def _grid() -> str:
    parts: list[str] = []
    for n in (0.25, 0.5, 0.75):
        for a, b in (((n, 1 - n, 0), (n, 0, 1 - n)), ((0, n, 1 - n), (1 - n, n, 0)), ((0, 1 - n, n), (1 - n, 0, n))):
            (x, y), (u, v) = place(a), place(b)
            parts.append(f"M{x:.1f} {y:.1f}L{u:.1f} {v:.1f}")
    return "".join(parts)


def _corner_names(corners: Sequence[Place]) -> list[tuple[float, float, str]]:
    (ax, ay), (bx, by), (cx, cy) = corners
    return [(ax, ay + 20, "class 0"), (bx, by + 20, "class 1"), (cx, cy - 12, "class 2")]


def _closed(points: Sequence[Place]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


# --- hull and envelope ---------------------------------------------------------------------------------------------------


def hull(points: Sequence[Place]) -> list[Place]:
    """The corners of the convex hull, counter-clockwise (Andrew's monotone chain)."""
    some = sorted(set(points))
    if len(some) < 3:
        return some

    def half(order: Sequence[Place]) -> list[Place]:
        out: list[Place] = []
        for p in order:
            while len(out) > 1 and _turn(out[-2], out[-1], p) <= 0:
                out.pop()
            out.append(p)
        return out[:-1]

    return half(some) + half(some[::-1])


def _turn(a: Place, b: Place, c: Place) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def envelope(rows: Sequence[Numbers]) -> list[tuple[float, float, float]]:
    """The corners of {q on the simplex : min_k p_ki <= q_i <= max_k p_ki}, in order: the triangle cut by six lines
    (Sutherland and Hodgman, 1974)."""
    corners: list[tuple[float, float, float]] = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
    for i in range(3):
        some = [float(row[i] or 0.0) for row in rows]
        for sign, bound in ((1.0, min(some)), (-1.0, max(some))):
            corners = _cut(corners, i, sign, bound)
    return corners


def _cut(
    corners: list[tuple[float, float, float]], i: int, sign: float, bound: float
) -> list[tuple[float, float, float]]:
    """The part of a polygon in which sign·(q_i − bound) >= 0."""
    out: list[tuple[float, float, float]] = []
    for a, b in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        inside, next_inside = sign * (a[i] - bound) >= 0, sign * (b[i] - bound) >= 0
        if inside:
            out.append(a)
        if inside != next_inside:
            s = (bound - a[i]) / (b[i] - a[i])
            out.append(tuple(x + s * (y - x) for x, y in zip(a, b, strict=True)))  # type: ignore[arg-type]
    return out


# --- dots and their names ------------------------------------------------------------------------------------------------


def _dot(one: Spot, spot: Place) -> Element:
    x, y = _inside(spot)
    if one.weight is None:
        return E("path", d=f"M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8 -8Z", class_="aggregate")
    if one.soft:
        return E("circle", cx=x, cy=y, r=5.0, class_="softened")
    return E("circle", cx=x, cy=y, r=_radius(one), class_="teacher")


def _radius(one: Spot) -> float:
    return 4 + 6 * math.sqrt(min(max(one.weight or 0.0, 0.0), 1.0))


def _inside(spot: Place) -> Place:
    return min(max(spot[0], 10), WIDTH - 10), min(max(spot[1], 10), TALL - 10)


def _labels(spots: Sequence[Spot], at: Callable[[Numbers], Place], taken: list[Box]) -> Iterator[Element]:
    """A name beside each dot, where nothing is written yet; a line leads to it where that is far. Dots that lie on one another
    share one."""
    taken = [*taken, *(_around(_inside(at(one.numbers))) for one in spots)]
    for names, spot in _together(spots, at):
        strong = any(one.weight is None for one in names)
        text = _named(names)
        found = next((p for p in _offsets(spot) if _fits(_box(*p, text), taken, WIDTH, TALL)), None)
        if found is None:
            continue  # so many that there is no room: the table beside the picture has them
        x, y, anchor = found
        taken.append(_box(x, y, anchor, text))
        if math.hypot(x - spot[0], y - 4 - spot[1]) > 32:
            yield E("path", d=f"M{spot[0]:.1f} {spot[1]:.1f}L{x:.1f} {y - 4:.1f}", class_="leader")
        yield E("text", text, x=x, y=y, class_=f"tick {anchor}{' strong' if strong else ''}")


def _together(spots: Sequence[Spot], at: Callable[[Numbers], Place]) -> list[tuple[list[Spot], Place]]:
    groups: list[tuple[list[Spot], Place]] = []
    for one in sorted(spots, key=lambda one: one.weight is not None):
        spot = _inside(at(one.numbers))
        near = next((some for some, there in groups if math.dist(spot, there) < ALIKE), None)
        if near is None:
            groups.append(([one], spot))
        else:
            near.append(one)
    return groups


def _named(spots: Sequence[Spot]) -> str:
    """`teachers 0, 1`, `aggregate = teacher 2`, or how many there are."""
    teachers = [one.name.removeprefix("teacher ") for one in spots if one.weight is not None]
    told = [one.name for one in spots if one.weight is None]
    if len(teachers) == 1:
        told.append(f"teacher {teachers[0]}")
    elif teachers:
        told.append(f"teachers {', '.join(teachers)}" if len(teachers) <= 3 else f"{len(teachers)} teachers")
    return " = ".join(told)


def _offsets(spot: Place) -> Iterator[tuple[float, float, str]]:
    x, y = spot
    for scale in (1, 1.7, 2.6, 4, 6, 8):
        for dx, dy, anchor in DIRECTIONS:
            yield x + dx * scale, y + dy * scale + 4, anchor


DIRECTIONS = (
    (13, 0, "start"),
    (-13, 0, "end"),
    (0, -15, "middle"),
    (0, 17, "middle"),
    (10, -11, "start"),
    (-10, -11, "end"),
    (10, 12, "start"),
    (-10, 12, "end"),
)


def _around(spot: Place) -> Box:
    return spot[0] - 6, spot[1] - 6, spot[0] + 6, spot[1] + 6


def _box(x: float, y: float, anchor: str, text: str) -> Box:
    long = len(text) * LETTER
    left = {"start": x, "middle": x - long / 2, "end": x - long}[anchor]
    return left, y - 10, left + long, y + 3


def _fits(box: Box, taken: Sequence[Box], width: float, height: float) -> bool:
    left, top, right, bottom = box
    if left < 0 or right > width or top < 0 or bottom > height:
        return False
    return all(right <= a or left >= c or bottom <= b or top >= d for a, b, c, d in taken)
