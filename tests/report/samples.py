"""Reports made by hand: all six verdicts, and every shape that a witness takes. No operator is run here."""

from __future__ import annotations

from typing import Any

from axiomkd import axioms
from axiomkd.core.report import (
    Failure,
    OperatorModel,
    ProfileModel,
    ReadingModel,
    Report,
    SettingsModel,
    WitnessModel,
    profile_met,
    status_of,
    strongest,
)

ARTICLE = {axiom: list(names) for axiom, names in axioms.PROFILES["article"].items()}
NEAR = str(2**200 + 1) + "/" + str(2**201)  # 1/2 + 2^-201
BELOW = str(2**200 - 1) + "/" + str(2**201)

HALVES = [["1/2", "1/2"], ["1/10", "9/10"]]
PANEL = [["1/10", "9/10"], ["1/2", "1/2"]]


def witness(
    P: list[list[str]], w: list[str], margin: str = "-1/20", confirmed: Any = "exact", **more: Any
) -> WitnessModel:
    return WitnessModel(K=len(P), C=len(P[0]), P=P, w=w, margin=margin, confirmed=confirmed, **more)


def reading(name: str, verdict: Any = "holds", message: str = "", **more: Any) -> ReadingModel:
    known = axioms.BY_NAME[name]
    given: dict[str, Any] = {
        "axiom": known.axiom,
        "reading": name,
        "required": name in ARTICLE[known.axiom],
        "verdict": verdict,
        "method": None if verdict == "error" else "search",
        "scope": None,
        "cases": 0 if verdict == "error" else 812_032,
        "margin": 0.0 if verdict == "holds" and known.unit else None,
        "seconds": 0.4,
        "message": message,
        "certificate": None,
        "witness": None,
    }
    return ReadingModel(**{**given, **more})


def operator(name: str, *special: ReadingModel, requires: dict | None = None, **more: Any) -> OperatorModel:
    """An operator whose other readings hold."""
    by_name = {one.reading: one for one in special}
    readings = [by_name.get(r.name, reading(r.name)) for r in axioms.READINGS]
    requires = requires or ARTICLE
    wanted = [one for names in requires.values() for one in names]
    readings = [one.model_copy(update={"required": one.reading in wanted}) for one in readings]
    verdicts = {one.reading: one.counts for one in readings}
    given: dict[str, Any] = {
        "name": name,
        "target": f"my_op.py::{name}",
        "file": "my_op.py",
        "line": 5,
        "status": status_of(verdicts, wanted),
        "seconds": 3.1,
        "requires": requires,
        "strongest": strongest(verdicts, axioms.NAMES, axioms.STRONGER),
        "profiles": {
            one: profile_met(verdicts, [r for names in needs.values() for r in names])
            for one, needs in axioms.PROFILES.items()
        },
        "readings": readings,
    }
    return OperatorModel(**{**given, **more})


def report(*operators: OperatorModel, failures: tuple[Failure, ...] = ()) -> Report:
    return Report(
        version="0.1.0",
        profile=ProfileModel(name="article", requires=ARTICLE),
        settings=SettingsModel(
            seed=0,
            effort="standard",
            sizes=[(2, 2), (2, 3), (3, 4), (8, 10)],
            softener="power",
            dtype="float64",
            device="cpu",
        ),
        operators=list(operators),
        failures=list(failures),
    )


# --- readings, by what they show -------------------------------------------------------------------------------------

ENVELOPE = reading(
    "envelope",
    "refuted",
    "no teacher gives class 0 more than 1/2, and the aggregate gives it 11/20",
    margin=-0.05,
    witness=witness(HALVES, ["1/2", "1/2"], cls=0, value=[["11/20", "9/20"]]),
    largest=witness(
        [["1/3", "1/3", "1/3"], ["1/1000", "1/1000", "499/500"]],
        ["123456789/1000000000", "876543211/1000000000"],
        margin="-0x1.999999999999ap-3",
        confirmed="ball",
        cls=2,
        value=[["0x1.999999999999ap-4", "0x1.999999999999ap-4", "0x1.999999999999ap-1"]],
    ),
    reproducer="python - <<'EOF'\n" + f"print({list(range(30))})\n" + "EOF",
)
HULL = reading(
    "hull",
    "refuted",
    "along the direction printed the aggregate reaches 1/2, the farthest teacher 1/3",
    margin=-1 / 6,
    witness=witness(
        [["1/3", "1/3", "1/3"], ["1/6", "1/6", "2/3"]],
        ["1/2", "1/2"],
        margin="-1/6",
        direction=["1", "0", "-1/2"],
        value=[["1/2", "1/4", "1/4"]],
    ),
)
PULL = reading(
    "pull",
    "refuted",
    "teacher 1 gains weight, and the aggregate moves away from it: distance 1/20 → 1/10",
    margin=-0.05,
    witness=witness(PANEL, ["1/2", "1/2"], teacher=1, t=["0", "1/2"], value=[["9/20", "11/20"], ["2/5", "3/5"]]),
)
RESPONSIVE = reading(
    "responsive",
    "refuted",
    "all the weight is on teacher 0, and the aggregate still is 1/5 away from it",
    margin=-0.2,
    witness=witness(PANEL, ["1", "0"], margin="-1/5", teacher=0, t=["1"], value=[["3/10", "7/10"]] * 3),
)
NONEXPANSIVE = reading(
    "nonexpansive",
    "refuted",
    "from T = 1 to 1/2 no teacher moves by more than 4/41, and the aggregate moves by 1/5",
    margin=-0.1024,
    witness=witness(
        PANEL, ["1/3", "2/3"], margin="-21/205", T=["1", "1/2"], value=[["7/20", "13/20"], ["3/20", "17/20"]]
    ),
)
RANKING = reading(
    "ranking",
    "refuted",
    "at T = 1 class 0 is ahead of class 1 (11/20 > 9/20); at T = 2 it is behind (≈0.4 < ≈0.6)",
    margin=-0.1,
    witness=witness(
        PANEL,
        ["1/3", "2/3"],
        margin="-0x1.999999999999ap-4",
        confirmed="ball",
        cls=[0, 1],
        T=["1", "2"],
        value=[["11/20", "9/20"], ["0x1.999999999999ap-2", "0x1.3333333333333p-1"]],
    ),
)
INTERIOR = reading(
    "interior",
    "refuted",
    "along a straight segment: the two points are less than 2^-200 apart (P and w together) and the aggregates "
    "differ by 2",
    witness=witness(
        [[NEAR, BELOW], ["1/3", "2/3"]],
        ["1/2", "1/2"],
        margin="-2",
        P2=[[BELOW, NEAR], ["1/3", "2/3"]],
        value=[["1", "0"], ["0", "1"]],
    ),
)
FRAGILE = reading(
    "interior",
    "fragile",
    "float64 gives nan or inf at a boundary point where the exact aggregate is a number: rewrite what overflows or "
    "divides by 0",
    witness=witness(
        [["1", "0"], ["1/2", "1/2"]], ["1/2", "1/2"], margin="nan", confirmed="float64", value=[["nan", "nan"]]
    ),
)
LIMITS = reading(
    "limits",
    "refuted",
    "the aggregate jumps at T = 0.5: at two temperatures less than 2^-200 apart it differs by 1 in the sum of absolute "
    "differences",
    witness=witness(PANEL, ["1/2", "1/2"], margin="-1", T=[BELOW, NEAR], value=[["1", "0"], ["1/2", "1/2"]]),
)
DEFAULT = reading(
    "commutation",
    "refuted",
    "the default temperature does not act as T = 1: class 0 gets 1/4, not 3/10",
    margin=-0.05,
    witness=witness(PANEL, ["1/2", "1/2"], cls=0, T=["1"], value=[["3/10", "7/10"], ["1/4", "3/4"]]),
)
PROVED = reading(
    "nonnegative",
    "proved",
    "implied by simplex",
    method="theorem: weighted-mean",
    scope="all K, C",
    cases=24_310,
    margin=0.0,
    certificate={"kind": "implied", "by": "simplex", "certificate": {"kind": "graph"}, "theorem": "weighted-mean"},
)
SOLVED = reading(
    "pull",
    "proved",
    "no solver finds a violation at these sizes",
    method="smt",
    scope="(K, C) = (2, 2), (2, 3)",
    margin=0.0,
    certificate={"kind": "smt"},
)
UNPROVED = reading("favourite", unproved="not proved: no rule for `erf` (my_op.py:12); searched instead")
NO_THEOREM = "not proved: no theorem gives it"
OPEN_PROOFS = [
    reading(r.name, "inconclusive", NO_THEOREM, unproved=NO_THEOREM, method=None, cases=0) for r in axioms.READINGS
]
CLASH = "a proof and a counterexample of hull contradict each other: this is a defect of axiomkd 0.1.0"
OPEN = reading(
    "nonexpansive",
    "inconclusive",
    "a float violation of 3e-09 could be neither confirmed nor cleared: balls of 1024 bits left it open",
)
WIDE = reading(
    "envelope",
    "refuted",
    "no teacher gives class 41 more than 1/100, and the aggregate gives it 1/50",
    margin=-0.01,
    witness=witness(
        [["1/100"] * 100 for _ in range(16)],
        ["1/16"] * 16,
        margin="-1/100",
        cls=41,
        value=[["49/4950" if i != 41 else "1/50" for i in range(100)]],
    ),
)


def errors(message: str, point: WitnessModel | None) -> list[ReadingModel]:
    return [reading(r.name, "error", message, witness=point) for r in axioms.READINGS]


BROKEN = operator(
    "broken",
    *errors(
        "`broken` returned shape (2,), expected (3,) for K=2, C=3. Did you sum over axis 1?",
        witness(
            [["0x1.999999999999ap-4", "0x1.ccccccccccccdp-1", "0x0.0p+0"], ["0x1p-1", "0x1p-2", "0x1p-2"]],
            ["0x1p-1", "0x1p-1"],
            margin="0",
            confirmed="float64",
        ),
    ),
    message="`broken` returned shape (2,), expected (3,) for K=2, C=3. Did you sum over axis 1?",
)

CLASHING = operator(
    "clashing",
    *(reading(r.name, "error", CLASH, witness=HULL.witness if r.name == "hull" else None) for r in axioms.READINGS),
    message=f"{CLASH}\nthe proof: theorem weighted-mean, all K, C: a weighted mean\nthe counterexample (exact): P = …",
    defect=True,
)

SAMPLES: dict[str, Report] = {
    "valid": report(operator("linear", PROVED, SOLVED, UNPROVED)),
    "proofs": report(operator("linear", *OPEN_PROOFS, PROVED, SOLVED)).model_copy(
        update={"settings": report().settings.model_copy(update={"search": False})}
    ),
    "clash": report(CLASHING),
    "envelope_largest": report(operator("power[alpha=2]", ENVELOPE, HULL)),
    "weights": report(operator("softmax5", PULL, RESPONSIVE)),
    "temperature": report(operator("log", NONEXPANSIVE, RANKING, DEFAULT)),
    "jump": report(operator("topteacher", INTERIOR, LIMITS)),
    "fragile": report(operator("entropy-naive", FRAGILE)),
    "open": report(operator("annealed", OPEN, PROVED)),
    "wide": report(operator("crowd", WIDE)),
    "error": report(
        BROKEN, failures=(Failure(target="gone.py", message="gone.py: no such file. Did you mean gown.py?"),)
    ),
    "claims": report(operator("log", NONEXPANSIVE, requires={a: list(r) for a, r in axioms.PROFILES["log"].items()})),
}
