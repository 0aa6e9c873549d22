"""Pictures of a point and of paths: the simplex for three classes, bars for other numbers, curves. Floats, for the eye.

It knows teachers and aggregates as rows of numbers, and nothing of verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from axiomkd.core.report import PathModel, TraceModel
from axiomkd.report.html.plots import Axis, Line, Mark, Plot, draw
from axiomkd.report.html.ternary import Numbers, Spot, simplex
from axiomkd.report.html.tree import E, Element

MOST_CLASSES, MOST_TEACHERS, MOST_TRACES = 10, 6, 6
SHADED = "Shaded: the hull of the teachers; lighter, with a dashed edge, their envelope."


def point(
    title: str, spots: Sequence[Spot], trail: Sequence[Numbers] = (), *, zoom: tuple[Numbers, float] | None = None
) -> Element:
    """Teachers and aggregates at a point, in a simplex where there are three classes and all sum to 1; below it what cannot be
    drawn. `zoom`: a distribution, and how many times the part around it is enlarged in a second picture."""
    if len(spots[0].numbers) != 3 or any(one.finite and not one.sums_to_one for one in spots):
        return E("figure", bars(title, spots), E("figcaption", " ".join([f"{title}.", *_remarks(spots)])))
    drawn = [simplex(title, spots, trail)]
    hollow = ["Hollow: the teachers, softened."] if any(one.soft for one in spots) else []
    several = sum(one.weight is not None and not one.soft for one in spots) > 1
    said = [f"{title}.", *([SHADED] if several else []), *hollow, *_remarks(spots)]
    if zoom is not None:
        around, times = zoom
        drawn.append(simplex(f"{title}, enlarged {times:.2g} times", spots, trail, around=around, times=times))
        said.append(f"Below, the part around the aggregate, {times:.2g} times as large.")
    return E("figure", *drawn, E("figcaption", " ".join(said)))


def _remarks(spots: Sequence[Spot]) -> Iterator[str]:
    for one in spots:
        if one.weight is not None:
            continue
        if not one.finite:
            yield f"The {one.name} is not a number at every class."
        elif not one.sums_to_one:
            yield f"The {one.name} sums to {one.total:.4g}, not to 1."
        elif any(x is not None and x < -1e-9 for x in one.numbers):
            yield f"The {one.name} has a negative entry."


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
    out: list[Element] = []
    if len(path.P[0]) == 3:
        spots = [Spot(f"teacher {n}", row, path.w[n]) for n, row in enumerate(path.P)]
        out.append(point(f"Path of the aggregate as teacher {k}’s weight rises from 0 to 1{at}", spots, path.q))
    distance = path.distance or []
    known = [d for d in distance if d is not None]
    marks = []
    if path.turns is not None:
        there = distance[min(range(len(path.x)), key=lambda n: abs(path.x[n] - path.turns))]  # type: ignore[operator]
        marks = [Mark(f"turns away at {path.turns:.2f}", path.turns, there)]
    said = _course(path, known)
    title = f"Distance of the aggregate from teacher {k} while its weight rises{at}"
    plot = Plot(
        title,
        Axis(f"weight of teacher {k}", 0, 1),
        Axis("total variation", 0, max([*known, 1e-3]) * 1.08),
        [Line("distance", path.x, distance)],
        marks,
    )
    out.append(E("figure", draw(plot), E("figcaption", f"{title}. {said}".strip())))
    return out


STILL = 1e-9  # a distance that falls by no more along a whole step does not fall


def _course(path: PathModel, distance: Sequence[float]) -> str:
    """How the aggregate moves as the weight rises: what the curve shows, neither more nor less."""
    if path.turns is not None:
        return f"From a weight of {path.turns:.2f} on the aggregate moves away from the teacher whose weight rises."
    if len(distance) < 2:
        return ""
    if distance[0] - distance[-1] <= STILL:
        return f"It comes no nearer: it stays {distance[0]:.3g} away."
    rests = any(a - b <= STILL for a, b in pairwise(distance)) and distance[-1] > STILL
    told = "It comes nearer, and over a part of the way it does not." if rests else "It comes nearer all the way."
    # Along a straight way to the teacher this much would be left at the last weight.
    straight = distance[0] * (1 - path.x[-1]) / (1 - path.x[0])
    far = distance[-1] > 1.5 * straight + 0.01
    return told + (f" At a weight of {path.x[-1]:.2f} it is still {distance[-1]:.2g} away." if far else "")


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
