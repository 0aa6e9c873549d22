"""The theorems' sentences as LaTeX: what is a formula in them goes into math mode, and names in `backticks` are set as code.

The sentences are this project's own, in plain text: "v_k ≥ 0 and Σ_k v_k = 1". It knows no theorem.
"""

from __future__ import annotations

import re

SIGNS = {
    "Σ": r"\sum ",
    "∏": r"\prod ",
    "≥": r"\ge ",
    "≤": r"\le ",
    "≠": r"\ne ",
    "∈": r"\in ",
    "∞": r"\infty ",
    "→": r"\to ",
    "−": "-",
    "·": r"\cdot ",
    "Δ": r"\Delta ",
    "α": r"\alpha ",
    "τ": r"\tau ",
    "φ": r"\varphi ",
    "σ": r"\sigma ",
    "δ": r"\delta ",
    "½": r"\tfrac12 ",
    "…": r"\dots ",
    "∪": r"\cup ",
    "∘": r"\circ ",
    "‖": r"\|",
    "π": r"\pi ",
    "ε": r"\varepsilon ",
    "β": r"\beta ",
    "λ": r"\lambda ",
    "√": r"\surd ",
    "∧": r"\land ",
    "²": "^2",
    "¹": "^1",
    "ₖ": "_k",
}
WORDS = {"log": r"\log ", "exp": r"\exp ", "max": r"\max ", "min": r"\min ", "argmax": r"\operatorname{argmax} "}
WORDS |= {name: rf"\mathrm{{{name}}}" for name in ("TV", "KL", "onehot", "conv", "Var", "supp")}
OPERATORS = {"=", "<", ">", "≥", "≤", "+", "−", "-", "·", "∈", "→", "≠", "/", "∪", "≡", "∝"}
SIGNS |= {
    "⟨": r"\langle ",
    "⟩": r"\rangle ",
    "×": r"\times ",
    "⇒": r"\Rightarrow ",
    "⇔": r"\Leftrightarrow ",
    "≈": r"\approx ",
}
SIGNS |= {
    "∩": r"\cap ",
    "⊂": r"\subset ",
    "∂": r"\partial ",
    "ℓ": r"\ell ",
    "≡": r"\equiv ",
    "³": "^3",
    "θ": r"\theta ",
}
SIGNS |= {
    "μ": r"\mu ",
    "ν": r"\nu ",
    "γ": r"\gamma ",
    "ρ": r"\rho ",
    "η": r"\eta ",
    "ξ": r"\xi ",
    "ω": r"\omega ",
    "ψ": r"\psi ",
}
SIGNS |= {"∝": r"\propto ", "≡": r"\equiv "}
LETTERS = set("PwpqKCTtskjibfrcuvxyzDRULHmSy")
ARTICLES = {"a", "A", "I"}
AFTER_A = {"has", "is", "takes", "does", "need", "needs", "gives", "at"}
MATH = re.compile(
    r"[_^Σ∏≥≤≠∈∞→−·Δατφσδπεβλ½…∪∘√∧²¹³|‖⟨⟩×≈θμνγρηξωψℓ∂=<>{}\[\]]|(?<![A-Za-z])[A-Za-z]'|\d/[A-Za-z\d]|(?<![A-Za-z])[A-Za-z]\(.*"
)
ESCAPES = {"%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$", "~": r"\textasciitilde{}", "–": "--", "—": "---"}
ESCAPES |= {"‘": "`", "’": "'", "“": "``", "”": "''", "\\": r"\textbackslash{}", "_": r"\_", "^": r"\textasciicircum{}"}


def tex(sentence: str) -> str:
    """A sentence as LaTeX: balanced, and of standard macros with amsmath alone."""
    parts = re.split(r"(`[^`]*`)", sentence)
    return "".join(_code(p) if p.startswith("`") else _plain(p) for p in parts)


def _code(part: str) -> str:
    return rf"\texttt{{{''.join(ESCAPES.get(x, x) for x in part.strip('`'))}}}"


def _plain(text: str) -> str:
    words = re.split(r"(\s+)", text)
    tokens = [w for w in words if w and not w.isspace()]
    kinds = [_is_math(tokens, n) for n in range(len(tokens))]
    out: list[str] = []
    run: list[str] = []
    for n, (token, math) in enumerate(zip(tokens, kinds, strict=True)):
        if not math and not (run and _is_open(run) and _goes_on(token, kinds, n)):
            out += _flushed(run)
            run = []
            out.append("".join(ESCAPES.get(x, x if x.isascii() else f"${SIGNS.get(x, '?').strip()}$") for x in token))
            continue
        run.append(token)
        if (
            token[-1] in ".,;:"
            and token != ":"
            and not (_is_open(run) and n + 1 < len(kinds) and _goes_on(tokens[n + 1], kinds, n + 1))
        ):
            out += _flushed(run)
            run = []
    out += _flushed(run)
    lead = " " if text[:1].isspace() else ""
    trail = " " if text[-1:].isspace() and out else ""
    return lead + " ".join(out) + trail


def _is_math(tokens: list[str], n: int) -> bool:
    """Whether a word is part of a formula: it has a sign of one, or is a letter by itself that is no article."""
    word = tokens[n].strip(".,;:()")
    near = [tokens[i].strip(".,;:()") for i in (n - 1, n + 1) if 0 <= i < len(tokens)]
    if tokens[n] in OPERATORS or word in OPERATORS:
        return True
    if word in ARTICLES:
        following = tokens[n + 1] if n + 1 < len(tokens) else ""
        return any(x in OPERATORS for x in near) or (word == "A" and (following in AFTER_A or tokens[n] != "A"))
    if tokens[n] == ":" or (word.isdigit() and any(x in OPERATORS for x in near)) or word in WORDS:
        return word not in ("max", "min") or any(MATH.search(x) or x in LETTERS for x in near[-1:])
    return word in LETTERS or bool(MATH.search(tokens[n]))


def _is_open(run: list[str]) -> bool:
    text = "".join(run)
    return text.count("(") + text.count("⟨") > text.count(")") + text.count("⟩")


def _goes_on(token: str, kinds: list[bool], n: int) -> bool:
    """Whether a word within brackets that a formula has opened belongs to it: a formula, a number, three dots."""
    return kinds[n] or bool(re.fullmatch(r"[\d…]+[),.;:]*", token))


def _flushed(run: list[str]) -> list[str]:
    """A formula in math mode; the brackets and the punctuation around it that are not its own stay outside."""
    if not run:
        return []
    text = " ".join(run)
    found = re.fullmatch(r"(.*?)([.,;:]*)", text, re.DOTALL)
    assert found is not None
    body, end, start = found[1], found[2], ""
    while body.endswith(")") and body.count("(") < body.count(")"):
        body, end = body[:-1], ")" + end
    while body.startswith("(") and body.count("(") > body.count(")"):
        body, start = body[1:], start + "("
    return [f"{start}${formula(body)}${end}"] if body else [start + end]


def formula(text: str) -> str:
    """A formula in plain text in LaTeX's math mode."""
    text = re.sub(r"\{", "\x01", text).replace("}", "\x02")
    text = re.sub(r"([_^])\x01([^\x01\x02]*)\x02", r"\1{\2}", text)
    text = text.replace("\x01", r"\{").replace("\x02", r"\}")
    text = re.sub(r"\^\(([^()]*)\)", r"^{\1}", text)
    text = re.sub(r"_([A-Za-z]'[A-Za-z]*|[A-Za-z0-9]+(?:,[A-Za-z0-9])?)", r"_{\1}", text)
    text = re.sub(r"\^([A-Za-z0-9]+(?:/[A-Za-z0-9]+)?|[α-ω])(_\{[^}]*\})?", r"^{\1\2}", text)
    text = re.sub(
        r"(?<![\\A-Za-z{])(log|exp|max|min|argmax|TV|KL|onehot|conv|Var|supp)(?![A-Za-z])", lambda m: WORDS[m[1]], text
    )
    text = "".join(SIGNS.get(x, x if x.isascii() else "?") for x in text)
    text = text.replace("%", r"\%").replace("&", r"\&").replace("#", r"\#")
    return re.sub(r"\s+", " ", text).replace(" _", "_").replace(" ,", ",").strip()
