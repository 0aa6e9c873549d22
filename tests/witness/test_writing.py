"""What one pastes: LaTeX that compiles and reads as a counterexample, Markdown, Python; and the command that prints them."""

import re
import shutil
import subprocess

import pytest

from axiomkd.report.witness.writing import number, tex
from tests.command import axiomkd
from tests.patience import PATIENCE
from tests.report import samples
from tests.witness.test_value import EVERY

PDFLATEX = shutil.which("pdflatex")
HOSTILE = '100% of \\x_1 & {y} $z$ ~ ^ # "q" <b> |a| … ≈ 1/3 → 2^-200 ‖x‖₁ Ω\n2'


def test_it_reads_as_a_counterexample_does():
    text = samples.SAMPLES["envelope_largest"].witness("envelope").to_latex()
    assert text == (
        r"\textbf{Counterexample.} The operator \texttt{power[alpha=2]} violates \emph{envelope} (an instance of convexity): "
        r"$q \in \Delta_C,\quad \min_k p_{ki} \le q_i \le \max_k p_{ki}\ \forall i$." + "\n"
        r"With $K = 2$ teachers and $C = 2$ classes, both counted from $0$, let" + "\n"
        r"\[ P = \left(\begin{array}{cc} \tfrac{1}{2} & \tfrac{1}{2} \\ \tfrac{1}{10} & \tfrac{9}{10} \end{array}\right),"
        r"\qquad w = (\tfrac{1}{2}, \tfrac{1}{2}). \]" + "\n"
        r"Then $A(P, w) = (\tfrac{11}{20}, \tfrac{9}{20})$:" + "\n"
        r"no teacher gives class 0 more than $\tfrac{1}{2}$, and the aggregate gives it $\tfrac{11}{20}$."
    )


def test_two_temperatures_and_two_points():
    soft = samples.SAMPLES["temperature"].witness("ranking").to_latex()
    assert (
        r"T = 1,\qquad T' = 2" in soft and r"S_T(p)_i = \frac{" in soft and r"$A_{2}(P, w) \approx (0.4, 0.6)$" in soft
    )
    jump = samples.SAMPLES["jump"].witness("interior").to_latex()
    assert r"\tfrac{1}{2} + 2^{-201}" in jump and "P' = " in jump and "$A(P', w') = (0, 1)$" in jump


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1/2", r"\tfrac{1}{2}"),
        ("-3/4", r"-\tfrac{3}{4}"),
        ("2", "2"),
        ("0x1p-2", r"0.25"),
        ("0x1.0b7a1f8d1e8f1p-2", "0.261208"),
        (f"1/{2**200}", "2^{-200}"),
        (f"{2**205 + 1}/{2**206}", r"\tfrac{1}{2} + 2^{-206}"),
        ("123456789/987654321000", r"0.000125"),
        ("0x1p-40", r"9.09495 \cdot 10^{-13}"),
        ("nan", r"\mathrm{NaN}"),
    ],
)
def test_numbers(text, shown):
    assert number(text) == shown


def balanced(text: str) -> bool:
    depth = 0
    for one in re.sub(r"\\[{}]", "", text):
        depth += {"{": 1, "}": -1}.get(one, 0)
        if depth < 0:
            return False
    return depth == 0


def documents() -> list[str]:
    found = [samples.SAMPLES[name].witness(reading, operator) for name, operator, reading in EVERY]
    evil = samples.ENVELOPE.model_copy(update={"message": HOSTILE})
    found.append(samples.report(samples.operator("evil", evil, target="a_b/%#.py::x_^~y")).witness("envelope"))
    return [one.to_latex() for one in found]


def test_it_is_ascii_and_balanced():
    for text in documents():
        assert text.isascii() and balanced(text) and text.count("$") % 2 == text.count(r"\$") % 2
        assert text.count(r"\[") == text.count(r"\]") and text.count(r"\begin{") == text.count(r"\end{")
        assert len(text.splitlines()) <= 6


def test_nothing_in_a_text_is_markup():
    shown = tex(HOSTILE)
    assert balanced(shown) and r"\textbackslash{}x\_1 \&" in shown and "?" in shown and "\n" not in shown


@pytest.mark.whole
def test_it_compiles(tmp_path):
    if PDFLATEX is None:
        pytest.skip("no pdflatex on the PATH")
    body = "\n\n".join(documents())
    whole = "\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n" + body + "\n\\end{document}\n"
    (tmp_path / "w.tex").write_text(whole, encoding="ascii")
    done = subprocess.run(
        [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "w.tex"],
        capture_output=True,
        cwd=tmp_path,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout[-2000:]


def test_markdown_is_a_table():
    text = samples.SAMPLES["weights"].witness("pull").to_markdown()
    head, empty, *table = text.splitlines()[:7]
    assert head.startswith(r"**my\_op.py::softmax5** · weight-monotonicity/pull **refuted** (exact): teacher 1 gains")
    assert (
        empty == "" and {line.count("|") for line in table} == {6} and "| teacher 1 | 1/2 | 3/4 | 1/2 | 1/2 |" in table
    )


@pytest.mark.whole
def test_the_command_prints_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = samples.SAMPLES["envelope_largest"]
    report.save("r.json")
    witness = report.witness("hull")
    for option, text in (
        ("--latex", witness.to_latex()),
        ("--markdown", witness.to_markdown()),
        ("--python", witness.to_python()),
    ):
        done = axiomkd("witness", "r.json", "hull", option)
        assert (done.returncode, done.stdout) == (0, text + "\n"), done.stderr
    assert axiomkd("witness", "r.json", "convexity/hull").stdout == f"{witness}\n"
    none = axiomkd("witness", "r.json", "pull")
    assert none.returncode == 2 and "pull has no witness" in none.stderr and none.stderr.count("\n") <= 3
    assert axiomkd("witness", "r.json", "hull", "--latex", "--python").returncode == 2
