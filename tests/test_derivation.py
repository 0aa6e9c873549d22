"""Proofs written out: every theorem's, instantiated with an operator, as text of a hundred columns and as LaTeX that compiles."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

import axiomkd
from axiomkd.core.errors import UsageError
from axiomkd.explain.derivation import writing
from axiomkd.explain.derivation.formulas import Writer
from axiomkd.explain.derivation.instances import INSTANCES
from axiomkd.explain.derivation.prose import formula, tex
from axiomkd.explain.derivation.steps import of
from axiomkd.prove.families import REFUTING, THEOREMS
from tests.command import axiomkd as axiomkd_command

# What plain LaTeX with amsmath knows, of what may be used.
MACROS = set(
    (
        "section paragraph emph texttt textbf textit text frac tfrac sqrt sum prod max min exp log left right "
        "begin end ge le in quad operatorname mathrm cdot dots to infty tau alpha varphi sigma delta Delta cup "
        "circ hfill square times ne ldots land lnot textbackslash textasciitilde textasciicircum propto equiv "
        "langle rangle Rightarrow Leftrightarrow approx cap subset partial ell theta mu nu gamma rho eta xi omega "
        "psi varepsilon pi beta lambda surd"
    ).split()
)
PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage{amssymb}
\begin{document}
"""


def structure(text: str) -> None:
    """Braces, environments and math shifts are balanced, and every macro is a standard one."""
    bare = re.sub(r"\\[{}$%&#_,|\\ ]", "", text)
    depth = 0
    for x in bare:
        depth += (x == "{") - (x == "}")
        assert depth >= 0, text
    assert depth == 0 and bare.count("$") % 2 == 0, text
    assert text.count(r"\left") == text.count(r"\right"), text
    begun, ended = (re.findall(rf"\\{w}\{{(\w+\*?)\}}", text) for w in ("begin", "end"))
    assert sorted(begun) == sorted(ended) and set(begun) <= {"multline*", "cases"}
    assert set(re.findall(r"\\([A-Za-z]+)", text)) - MACROS - {"left", "right"} == set()
    assert text.isascii(), set(x for x in text if not x.isascii())


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda t: t.name)
def test_every_theorem_is_latex(theorem):
    for sentence in (theorem.title, theorem.statement, theorem.proof):
        structure(tex(sentence))


@pytest.mark.parametrize("theorem", REFUTING, ids=lambda t: t.name)
def test_every_theorem_on_what_fails_is_latex(theorem):
    for sentence in (theorem.title, theorem.statement, theorem.proof):
        structure(tex(sentence))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("affine-transfer", "A_i(P, w + δ(e_k − e_k')) − A_i(P, w) = 4/5 δ (p_ki − p_k'i) > 0"),
        ("small-shares", "4 w_k / 5 ≤ w_k"),
        ("linear-pool", "Σ_k w_k KL(p_k‖s) − KL(q‖s) = Σ_k w_k KL(p_k‖q) ≥ 0"),
        ("positive-shares", "max_j p_ji − q_i = Σ_k 4 w_k / 5 (max_j p_ji − p_ki) > 0"),
        ("rows-softened-hot", ""),
    ],
)
def test_an_argument_ends_in_the_operators_own_formula(name, told):
    own = ["mul", "4/5", ["w", ["index", "k", "K"]]]
    terms = {"affine-transfer": ["4/5", "0"], "small-shares": [own], "positive-shares": [own]}.get(name, ["K"])
    kinds = {
        "affine-transfer": ("shape", "positive"),
        "small-shares": ("nonnegative",),
        "positive-shares": ("positive",),
    }
    claims = [{"claim": kind, "terms": terms} for kind in kinds.get(name, ("equal",))]
    steps = list(INSTANCES[name](claims))
    shown = [step.formula(Writer()) for step in steps if step.formula is not None]
    assert not told or told in shown, shown
    for step in steps:
        structure(tex(step.words))
        if step.formula is not None:
            structure(f"${step.formula(Writer(tex=True))}$")


@pytest.mark.whole
@pytest.mark.parametrize("name", ["linear", "smooth", "conforming", "linear_ts"])
def test_what_the_paper_asks_for_reads_as_an_appendix(name):
    """Each theorem that proves the two profiles of the paper ends in a step that is about this operator."""
    report = axiomkd.prove(f"zoo:{name}", profile="paper")
    (one,) = report.operators
    proved = [r for r in one.readings if r.required and r.verdict == "proved"]
    assert proved
    for row in proved:
        assert any(step.kind == "theorem" for step in of(row.certificate)), row.reading


def test_sentences():
    assert tex("If q = Σ_k v_k p_k with v_k ≥ 0, then A has `hull`.") == (
        r"If $q = \sum_{k} v_{k} p_{k}$ with $v_{k} \ge 0$, then $A$ has \texttt{hull}."
    )
    assert tex("A sum of others' parts, at (P, w), is a thing.") == "A sum of others' parts, at $(P, w)$, is a thing."
    assert tex("A((p, …, p), w) = p") == r"$A((p, \dots, p), w) = p$"
    assert tex("p_ki l_i / ⟨p_k, l⟩, so") == r"$p_{ki} l_{i} / \langle p_{k}, l\rangle$, so"
    assert formula("U_s = {i : q_s,i ≥ p_ki}") == r"U_{s} = \{i : q_{s,i} \ge p_{ki}\}"
    assert formula("(w_k/(1−t))^a") == "(w_{k}/(1-t))^{a}"


W, P = ["w", ["bound", "1", "K"]], ["P", ["bound", "1", "K"], ["index", "i", "C"]]


@pytest.mark.parametrize(
    ("term", "text", "latex"),
    [
        (["sum", ["bound", "1", "K"], ["mul", W, P]], "Σ_k w_k p_ki", r"\sum_k w_k \, p_{ki}"),
        (["mul", "-1/2", ["pow", "-1", "K"]], "-1 / 2 K", r"-\frac{1}{2 \, K}"),
        (["pow", "1/2", ["add", "1", "C"]], "√(1 + C)", r"\sqrt{1 + C}"),
        (["exp", ["mul", "-1", ["log", "T"]]], "exp(-log T)", r"\exp\left(-\log T\right)"),
        (["ind", ["ge", "K", "2"]], "[K ≥ 2]", r"[K \ge 2]"),
        (["opaque", ["a thing_#1", "P"]], "a thing_#1", r"\text{a thing  1}"),
        (["median", ["bound", "1", "K"], W], "median_k(w_k)", r"\operatorname{median}_k\left(w_k\right)"),
    ],
)
def test_terms(term, text, latex):
    assert Writer()(term).replace("(2 K)", "2 K") == text
    assert Writer(tex=True)(term) == latex
    structure(latex)


@pytest.fixture(scope="module")
def linear():
    return axiomkd.prove(
        "zoo:linear", readings=["hull", "responsive", "coordinate", "simplex", "nonexpansive", "ranking"]
    )


def test_a_worker_proves_as_a_call_of_the_prover_does(linear):
    """What a worker keeps of each call is no question about sizes."""
    scopes = {one.reading: one.scope for one in linear.operators[0].readings if one.verdict == "proved"}
    assert set(scopes.values()) == {"all K, C"} and len(scopes) == 5


def test_the_argument_is_that_of_the_operator(linear):
    text = writing.written(linear, "text")
    assert "q_i = Σ_k w_k p_ki." in text
    assert "q_i(w(t)) − q_i = t (p_ki − q_i)." in text
    assert "A_T − A_T' = Σ_k w_k (S_T p_k − S_T' p_k)." in text
    assert "Theorem. Shares of weight." in text and "Proof. Along w(t) = (1−t)w + t e_k" in text
    assert "It follows from hull." in text and "No proof: ranking." in text
    assert max(map(len, text.splitlines())) <= 100


def test_latex_can_be_pasted(linear):
    text = writing.written(linear, "latex")
    structure(text)
    assert r"\[ q_i = \sum_k w_k \, p_{ki}. \]" in text
    assert r"q_{i}(w(t)) - q_{i} = t (p_{ki} - q_{i})" in text


def test_what_a_formula_is_stands_beside_it_and_a_primed_index_is_a_subscript():
    report = axiomkd.prove("zoo:linear", readings=["strict-transfer"])
    text, latex = (writing.written(report, style) for style in ("text", "latex"))
    assert "q_i = a Σ_k w_k p_ki + g_i, with\n      a = 1, g_i = 0." in text
    assert "a and g do not depend on w: none of these contains w\n      1, 0." in text
    assert r"\[ a = 1,\quad g_{i} = 0. \]" in latex and r"p_{ki} > p_{k'i}" in latex and r"e_{k'}" in latex
    structure(latex)


def test_there_are_two_styles(linear):
    with pytest.raises(UsageError, match="text, latex"):
        writing.written(linear, "html")


@pytest.fixture(scope="module")
def w2():
    return axiomkd.prove("zoo:w2", readings=["simplex", "nonnegative"])


@pytest.mark.whole
def test_a_derivation_by_sympy_is_shown(w2):
    text = writing.written(w2, "text")
    assert "p_0 = (x00, 1)/(x00 + 1), p_1 = (x10, 1)/(x10 + 1), w = (v0, 1)/(v0 + 1)" in text
    assert "x00 - x10 > 0, that is, x00 = x10 + d0, d0 > 0." in text
    assert "which is at least 0, for no coefficient is negative." in text
    assert max(map(len, text.splitlines())) <= 100
    structure(writing.written(w2, "latex"))


@pytest.mark.whole
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_latex_compiles(linear, w2, tmp_path):
    body = "\n".join(writing.written(one, "latex") for one in (linear, w2))
    proofs = "\n\n".join(tex(f"{t.title}. {t.statement} {t.proof}") for t in THEOREMS)
    (tmp_path / "a.tex").write_text(f"{PREAMBLE}{body}\n\n{proofs}\n\\end{{document}}\n", encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.whole
def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain = axiomkd_command("prove", "zoo:mean", "--derivation", "--reading", "weight-monotonicity/pull")
    assert "A(P, w(t)) = A(P, w)." in plain.stdout
    latex = axiomkd_command("prove", "--derivation", "latex", "zoo:mean", "--reading", "weight-monotonicity/pull")
    structure(latex.stdout)
    both = axiomkd_command("prove", "zoo:mean", "--derivation", "--json", "-")
    assert both.returncode == 2 and "standard output" in both.stderr
