"""The paper, checked: each of its axioms and theorems, what it claims, of which operators it is true, and what breaks it.

Texts and witnesses only: the tests confirm every witness in exact arithmetic, and the truth of the zoo is the zoo's. Rows and
weights are written as odds: "64:1:9" is (64, 1, 9)/74.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from axiomkd import axioms

TITLE = "The paper, checked: arXiv:2601.09165, version 1, sections II to IV"


@dataclass(frozen=True)
class Break:
    """A point at which `reading` fails for `zoo:operator`; `more` is what else the claim speaks of, by name, rows as odds.

    `k` is the teacher that the claim speaks of; `says` tells the numbers.
    """

    operator: str
    reading: str
    P: str
    w: str
    says: str
    k: int = 0
    more: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def command(self) -> str:
        """Lets the search find a witness of its own."""
        return f"axiomkd check zoo:{self.operator} --reading {axioms.BY_NAME[self.reading].id}"


@dataclass(frozen=True)
class Statement:
    """An axiom or a theorem of the paper: its number, its matter, the readings that are its formula, and what is found.

    `claims` and `verdict` make the one line of `explain paper`; `holds` and `rescue` are for the page.
    """

    ref: str
    name: str
    readings: tuple[str, ...]
    claims: str
    verdict: str
    holds: str
    rescue: str = ""
    breaks: tuple[Break, ...] = ()
    rescued: str = ""  # by what, in few words

    @property
    def false(self) -> bool:
        """Whether it is a theorem, not an axiom, that fails for some operator it speaks of."""
        return bool(self.breaks) and not self.ref.startswith("A")


CLASS_FALLS = Break(
    "log",
    "strict-transfer",
    "64:1:9 | 1:64:4",
    "1:1",
    "All of teacher 1's weight moves to teacher 0, who gives class 2 more (9/74, not 4/69): the class falls from "
    "3/11 to 9/74.",
    more={"other": 1, "share": "1"},
)
SMOOTHED = Break(
    "smooth",
    "attenuation",
    "19:1 | 9:1",
    "1:1",
    "The teachers give class 1 1/20 and 1/10; the aggregate, 0.9 of their mean and 0.1 of 1/2, gives it 47/400.",
)

STATEMENTS: tuple[Statement, ...] = (
    Statement(
        "A1",
        "convexity preservation",
        ("simplex",),
        "q is a distribution.",
        "It says no more than that: not that q lies between the teachers.",
        "An axiom is chosen, and neither true nor false. As a formula this one is `simplex`, the weakest rung of "
        "its ladder; the "
        "article's sentence, that the aggregate is always between the individual outputs, is `envelope` or "
        "`hull`. The logarithmic "
        "pool has A1 and leaves the envelope.",
        breaks=(
            Break(
                "log",
                "envelope",
                "16:1:1 | 1:16:1",
                "1:1",
                "Both teachers give class 2 1/18, and the aggregate gives it 1/9.",
            ),
        ),
    ),
    Statement(
        "A2",
        "positivity inheritance",
        ("inheritance",),
        "Where P > 0, q > 0.",
        "Weaker than it sounds: of zeros in P it says nothing.",
        "All operators of the zoo but the votes, ranks and truncations have it. It implies neither of the "
        "readings of positivity "
        "that look at zeros; `common-support` implies it.",
        breaks=(
            Break("vote", "inheritance", "2:1 | 2:1", "1:1", "Both teachers give class 1 1/3, and the aggregate 0."),
        ),
    ),
    Statement(
        "A3",
        "weight monotonicity",
        ("strict-transfer", "transfer"),
        "A class rises as weight moves to a teacher who gives it more.",
        "Far stronger than it looks: no geometric mean, power mean or tempered pool has it where C >= 3.",
        "A pool q = Σ v_k(w) p_k has it at K >= 3 if and only if v_k = a w_k + b_k with one a > 0, so w² and "
        "softmax(5w) fail, and at "
        "the vertices only the linear pool is left. Weights ∝ w_k s(p_k) have it for constant s only, where K, C "
        ">= 3. With A4, and "
        "C >= 3, it excludes `commutation`: nothing log-like meets it.",
        "The local statement of the paper (small δ) and the finite one say the same of what is continuous in w.",
        (CLASS_FALLS,),
    ),
    Statement(
        "A4",
        "continuity",
        ("interior",),
        "q is jointly continuous in teachers, temperatures and weights.",
        "The paper does not say where; read on the interior. On the faces the logarithmic pool has no limit.",
        "On the interior every operator of the zoo has it but those that choose (votes, gates, medians by weight) or "
        "are undefined somewhere inside (certainty weights where all rows are uniform): `axiomkd check zoo:topteacher "
        "--reading continuity/interior` finds a jump. The theorems below need no more than that.",
    ),
    Statement(
        "A5",
        "temperature coherence",
        ("hot", "cold"),
        "One teacher's T to ∞ makes its part uniform, T to 0 one-hot.",
        "Follows from continuity: interior implies hot, closed implies cold. It compares nothing in between.",
        "What is continuous has it, so it excludes only what chooses. The ladder's other readings "
        "(`nonexpansive`, `ranking`, "
        "`entropy`, `commutation`) say what happens between the ends, and the linear pool fails the last three. "
        "`axiomkd check zoo:vote --reading temperature-coherence/hot` refutes the first half, `axiomkd check "
        "zoo:argpool --reading "
        "temperature-coherence/cold` the second.",
    ),
    Statement(
        "II.3, III.1",
        "existence",
        ("simplex", "inheritance", "interior", "strict-transfer", "hot", "cold"),
        "Operators with all five axioms exist.",
        "True: the linear pool has them, proved for all K and C.",
        "`axiomkd check zoo:linear --profile paper` proves each of the five. So has the label-smoothed pool.",
    ),
    Statement(
        "III.2",
        "non-uniqueness",
        ("strict-transfer",),
        "Linear pools, geometric means (Rényi, α) and entropic regularisation (β) all conform, and differ.",
        "False as stated: the second and the third family fail A3 for C >= 3. True by other operators.",
        "Of the three families the linear one conforms. Every pool of the form q_i = ψ(λ, M(w; p_1i … p_Ki)) "
        "with a quasi-arithmetic "
        "mean M and λ set by Σ q = 1 that has `transfer` for C >= 3 is q = a m + (1 - a) U: geometric and power "
        "means, the tempered "
        "logarithmic pool and S_{1+β}(m) are of that form, and not of this one.",
        "Let A = a(m) with a weights-free part: q = ½ Σ w_k p_k + ½ g(P), g any continuous distribution that "
        "does not look at w. Then "
        "dq_i = ½ (p_ki - p_k'i) δ > 0, so A3 holds, and the others do where g has them: `zoo:conforming` takes "
        "the unweighted "
        "geometric mean for g. It is not linear, and the conclusion of III.2 stands.",
        (
            CLASS_FALLS,
            Break(
                "tempered_linear",
                "transfer",
                "4:4:9 | 1:16:16",
                "0:1",
                "All weight moves from teacher 1 to teacher 0, who gives class 2 more (9/17, not 16/33): it "
                "falls from 4/9 to 3/7.",
                more={"other": 1, "share": "1"},
            ),
        ),
        "true by ½ m + ½ g(P), where g does not look at w",
    ),
    Statement(
        "IV.2",
        "variance",
        ("variance",),
        "Of independent, unbiased teachers: Var q_i <= Σ w_k² Var p_ki, where q is linear in w (assumption L).",
        "True of what assumption L leaves: for C >= 3, with A1 and A3, it is q = a m + (1 - a) U and nothing else.",
        "It holds for the linear pool and for the label-smoothed one. The assumption is stronger than it looks: "
        "with C >= 3, K >= 2, "
        "`simplex` and `strict-transfer`, q_i = Σ w_k f_k(p_ki) forces f_k(x) = a x + (1 - a)/C. At C = 2 there "
        "are others, "
        "f(x) = x²/(x² + (1-x)²). Without the squares, `variance-max` holds for every pool with weights free of P.",
        breaks=(
            Break(
                "max_all",
                "variance",
                "2:1 | 1:1",
                "1:3",
                "Teacher 0 is 2:1 or 1:2 by a coin, teacher 1 stays at 1:1: Var q_0 = 1/196, and Σ w_k² Var p_k0 "
                "= 1/576.",
                more={"other": 1, "mean": "1:1", "pi": "1/2", "pi2": "1/2"},
            ),
        ),
    ),
    Statement(
        "IV.4",
        "remark: an open question",
        ("variance",),
        "Whether the bound on the variance reaches beyond assumption L is left open.",
        "Answered, no: `zoo:conforming` has all five axioms and exceeds the bound.",
        "Among pools q = Σ v_k(w) p_k the bound holds if and only if v = w, and so does `safety`. For a "
        "conforming operator that is "
        "not linear it can fail: the part that does not look at w varies with a teacher of little weight as with "
        "any other.",
        breaks=(
            Break(
                "conforming",
                "variance",
                "4:1 | 1:1",
                "1:9",
                "Teacher 0 is 4:1 or 1:4 by a coin, teacher 1 stays at 1:1: Var q_0 = 3481/360000, and Σ w_k² "
                "Var p_k0 = 324/360000.",
                more={"other": 1, "mean": "1:1", "pi": "1/2", "pi2": "1/2"},
            ),
        ),
    ),
    Statement(
        "IV.7",
        "the Jensen bound",
        ("jensen",),
        "KL(q‖s) <= Σ w_k KL(p_k‖s) for every student s, for any conforming operator.",
        "True of the linear pool, and of no other distribution whatever.",
        "If q_i > m_i for one class, let s_i → 0: the left side outgrows the right. So `jensen`, with `simplex`, "
        "says q = m. The same "
        "goes for `bias-mean`, for `influence` with `unanimity`, and for `safety` at K = 2.",
        "Cite it for q = Σ w_k p_k. Nothing is lost by pooling first then: the two losses differ by a number "
        "free of s.",
        (
            Break(
                "log",
                "jensen",
                "1:1 | 1:9",
                "1:1",
                "q = (1/4, 3/4), m = (3/10, 7/10), s = (4/5, 1/5): KL(q‖s) ≈ 0.7005, on average over the "
                "teachers ≈ 0.6844.",
                more={"s": "4:1"},
            ),
            Break(
                "conforming",
                "jensen",
                "1:1 | 1:9",
                "3:1",
                "It has all five axioms; class 1 gets 27/40, more than m_1 = 3/5, and s = (4/5, 1/5) pays for it.",
                more={"s": "4:1"},
            ),
        ),
        "cite it for q = m",
    ),
    Statement(
        "IV.9",
        "log-loss",
        ("log-loss",),
        "-log q_i <= -Σ w_k log p_ki for every class, for any conforming operator.",
        "True of the linear pool, the geometric mean and power means of exponent 0 to 1; false of other conforming operators.",
        "q_i >= ∏ p_ki^{w_k} is what it says. It holds for power means of exponent 0 to 1, for ½ linear + ½ log, "
        "for averaged "
        "log-odds and for the Jeffreys centroid: the one guarantee that geometric means keep.",
        breaks=(
            Break(
                "smooth",
                "log-loss",
                "9:1 | 9:1",
                "1:1",
                "Both teachers give class 0 9/10, the label-smoothed pool 43/50: more loss than either.",
            ),
        ),
    ),
    Statement(
        "IV.11",
        "attenuation",
        ("attenuation",),
        "Where teachers differ on a class, q_i is below the highest, for any conforming operator.",
        "False as stated, even with assumption L. True with one axiom more: A(P, e_k) = p_k.",
        "The label-smoothed pool has A1 to A5 and assumption L, and gives a rare class more than any teacher "
        "does. Pools whose weights are "
        "positive inside have it (w², softmax, entropy weights), and so have the maximum and power means of "
        "exponent above 1.",
        "A1, A3 and A4 with A(P, e_k) = p_k imply `envelope`: move all weight to the teacher who gives the class "
        "most, and to the one "
        "who gives it least. With A3 strict, `attenuation`. So `strict-transfer` and `responsive` together buy it.",
        (SMOOTHED,),
        "rescued by A(P, e_k) = p_k (`responsive`)",
    ),
    Statement(
        "IV.12",
        "safety inheritance",
        ("safety",),
        "q_i <= (1 - w_k) max of the others + w_k p_ki, for any conforming operator.",
        "True of the linear pool; at K = 2 of no other distribution. One axiom more does not rescue it.",
        "At K = 2 the bound for k = 1 says q <= m, and sums are equal. Among pools q = Σ v_k(w) p_k it holds if "
        "and only if v = w. At "
        "K >= 3 others have it, close to the linear pool.",
        breaks=(
            Break(
                "conforming",
                "safety",
                "1:1 | 1:9",
                "3:1",
                "Teacher 0 has weight 3/4 and teacher 1 gives class 1 9/10: the bound is 3/5, and class 1 gets 27/40.",
            ),
            Break("smooth", "safety", "19:1 | 9:1", "1:1", "Class 1 may have 3/40, and gets 47/400."),
        ),
    ),
)

IDENTITY = (
    "Σ_k w_k KL(p_k‖s) - KL(m‖s) = Σ_k w_k KL(p_k‖m) for m = Σ_k w_k p_k: free of s, so both losses have one gradient."
)
MORE = (
    "docs/paper.md has witnesses and reasons; `--profile promises` asks for the five guarantees instead of the axioms."
)


def breaks() -> tuple[Break, ...]:
    """Every witness of the page, once."""
    return tuple(dict.fromkeys(one for statement in STATEMENTS for one in statement.breaks))
