r"""Text -> tokens: one pass over LaTeX or plain mathematics, every spelling of a sign brought to one form.

`clean` is for the whole answer (delimiters, spacing commands, unicode), `tokenise` for its pieces. Both are linear,
never raise anything but `Unreadable`, and evaluate nothing.
"""

import re
import unicodedata
from fractions import Fraction
from typing import Literal, NamedTuple

MAX_CHARS = 4_000
"""Longest answer that is read; a longer one can only be equal by its characters."""
MAX_DIGITS = 4_000
"""Below the limit at which Python refuses to convert (4,300)."""
MAX_TOKENS = 2_000

GROUP = "\ue000"
"""Stands for a separator of thousands that can be nothing else: `{,}`, `\\,`, `,\\!`."""


class Unreadable(ValueError):
    """The text is not in the language of this parser, or over its budgets; the message says why."""


Kind = Literal["number", "word", "command", "text", "sign", "end"]


class Token(NamedTuple):
    """One piece; `space` says whether white space came before it."""

    kind: Kind
    text: str
    space: bool
    value: Fraction | None = None


_SIGNS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ",
    "÷": "/", "∕": "/", "⁄": "/", "π": r"\pi ", "∞": r"\infty ", "√": r"\sqrt ", "≤": r"\le ", "≥": r"\ge ",
    "⩽": r"\le ",
    "⩾": r"\ge ", "≠": r"\ne ", "±": r"\pm ", "∓": r"\mp ", "°": r"\degree ", "∈": r"\in ", "∪": r"\cup ",
    "∩": r"\cap ",
    "∅": r"\emptyset ", "≈": r"\approx ", "≡": r"\equiv ", "∉": r"\notin ", "∴": r"\therefore ", "⇒": r"\Rightarrow ",
    "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "∖": r"\setminus ",
    "⟨": r"\langle ", "⟩": r"\rangle ", "′": "'", "″": "''", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ",
    "⌉": r"\rceil ", "∠": r"\angle ", "ω": r"\omega ", "σ": r"\sigma ", "δ": r"\delta ", "ε": r"\epsilon ",
    "ρ": r"\rho ", "τ": r"\tau ", "∑": r"\sum ", "∫": r"\int ", "∨": r"\lor ", "∧": r"\land ",
    "…": r"\ldots ", "“": '"', "”": '"', "’": "'", "‘": "'", "∣": "|", "％": "%",
    "½": r"\frac{1}{2}", "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}",
    "⅕": r"\frac{1}{5}", "⅖": r"\frac{2}{5}", "⅗": r"\frac{3}{5}", "⅘": r"\frac{4}{5}", "⅙": r"\frac{1}{6}",
    "⅚": r"\frac{5}{6}", "⅛": r"\frac{1}{8}", "⅜": r"\frac{3}{8}", "⅝": r"\frac{5}{8}", "⅞": r"\frac{7}{8}",
    "θ": r"\theta ", "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "λ": r"\lambda ", "μ": r"\mu ", "φ": r"\phi ",
    "\u200b": "", "\ufeff": "", "\u2060": "",
}  # fmt: skip
_UNICODE = str.maketrans(_SIGNS)
_RAISED = {
    "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁻": "-", "ⁿ": "n",
}  # fmt: skip
_LOWERED = {chr(0x2080 + digit): str(digit) for digit in range(10)}
_RAISED_RUN = re.compile(f"[{''.join(_RAISED)}]+")
_LOWERED_RUN = re.compile(f"[{''.join(_LOWERED)}]+")

_NOISE = re.compile(
    r"\\(?:left|right|middle|[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|limits|nolimits|phantom\{[^{}]*\})"
    r"(?![A-Za-z])\.?|\\(?:large|Large|LARGE|huge|Huge|small|normalsize|strut|mathstrut|vec"
    r"|nonumber|notag)(?![A-Za-z])|\\(?:textcolor|color)\s?\{[A-Za-z]{1,20}\}"
)
_SPACES = re.compile(r"(?<!\\)\\(?:(?:quad|qquad|enspace|thinspace|hspace\{[^{}]*\})(?![A-Za-z])|[;: ])|~")
_GROUPED = re.compile(r"(?<=[0-9])(?:\{,\}|,\\!\s{0,3}|,?\\,|,\\ |\\ |~|\\!)(?=[0-9]{3}(?![0-9]))")
_DEGREE = re.compile(r"\^\s{0,3}(?:\\circ(?![A-Za-z])|\{\s{0,3}\\circ\s{0,3}\})")
_DELIMITERS = re.compile(r"(?<!\\)\\[()\[\]]")
_AROUND = re.compile(r"\\(?:underline|boldmath|mathbin|mathop|mathrel|textup)(?![A-Za-z])")
_LEADING = re.compile(r"(?:\\(?:therefore|implies|Rightarrow|approx|simeq)(?![A-Za-z])|=(?!=))\s{0,5}")
_UNIT_VECTOR = re.compile(
    r"\\(?:hat|widehat|mathbf|boldsymbol|bm|vec|bf)\s?(?:\{\s?(?:\\(?:mathbf|bf|vec|hat|boldsymbol)\s?)?"
    r"(?:\{\s?\\?([ijk])(?:math)?\s?\}|\\?([ijk])(?:math)?)\s?\}|\\?([ijk])(?:math)?(?![A-Za-z]))"
)
_FONT = re.compile(r"\\(?:mathbf|mathit|boldsymbol|bm|mathsf|mathnormal|bf|it)(?![A-Za-z])")
_UNION = re.compile(r"(?<=[)\]}])\s{0,3}U(?=\s{0,3}(?:[(\[]|\\\{))")
_PLAIN_COMMANDS = re.compile(r"[^\\~]*+(?:\\(?:[dt]?frac|sqrt|pi|cdot|times|infty|le|ge|pm)(?![A-Za-z])[^\\~]*+)*+")
"""The commands of most answers, none of which is layout: with no other one there is nothing to clean."""
_CLOSING_DOLLAR = re.compile(r"\$(?!\s?[0-9.])")


def clean(text: str) -> str:
    """Return `text` without delimiters and layout, unicode signs as LaTeX commands. Raises Unreadable when too long."""
    if len(text) > MAX_CHARS:
        raise Unreadable(f"longer than {MAX_CHARS} characters")
    if not text.isascii():
        text = _RAISED_RUN.sub(lambda m: "^{" + "".join(_RAISED[c] for c in m[0]) + "}", text)
        text = _LOWERED_RUN.sub(lambda m: "_{" + "".join(_LOWERED[c] for c in m[0]) + "}", text)
        text = unicodedata.normalize("NFKC", text.translate(_UNICODE)).translate(_UNICODE)
    text = text.strip()
    if "\\" in text and not _PLAIN_COMMANDS.fullmatch(text):
        text = _GROUPED.sub(GROUP, text)
        text = _with_unit_vectors(text)
        text = _DELIMITERS.sub(" ", _FONT.sub(" ", _AROUND.sub("", _NOISE.sub(" ", text))))
        text = _DEGREE.sub(r"\\degree ", text).replace("\\!", "").replace("\\,", " ").replace("\\$", "\ue001")
        text = _SPACES.sub(" ", text)
    elif "{,}" in text:
        text = _GROUPED.sub(GROUP, text)
    text = _UNION.sub(r"\\cup ", _dollars(text).replace("\ue001", "$"))
    while len(text) > 4 and text[:2] in ("**", "__") and text[-2:] == text[:2]:
        text = text[2:-2].strip()
    text = text.strip('`"').removesuffix("\\\\").rstrip()
    if match := _LEADING.match(text):
        text = text[match.end() :]
    return text if text.endswith("...") else text.rstrip(".,;:").strip()


def _with_unit_vectors(text: str) -> str:
    r"""Write `2\hat{i} + 3\mathbf{j}` with commands of their own; one such letter alone is an ordinary one."""
    if len({match[match.lastindex or 0] for match in _UNIT_VECTOR.finditer(text)}) < 2:
        return text
    return _UNIT_VECTOR.sub(lambda match: f"\\{match[match.lastindex or 0]}vector ", text)


def _dollars(text: str) -> str:
    """Drop `$` where it delimits mathematics, keep it where it is money (`$18.90`)."""
    if "$" not in text:
        return text
    if text.count("$") % 2 == 0 and _CLOSING_DOLLAR.search(text):
        return text.replace("$", " ").strip()
    return _CLOSING_DOLLAR.sub(" ", text).strip()


_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<repeating>[0-9]*\.[0-9]*\\(?:overline|bar)\s?\{[0-9]+\})"
    r"|(?P<number>(?:(?:[0-9]{1,3}(?:\ue000[0-9]{3})+(?![0-9])"
    r"|[0-9]{1,3}(?: [0-9]{3})+(?! ?[0-9/])"
    r"|[0-9]{1,3}(?:,[0-9]{3})+(?!,?[0-9])"
    r"|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+(?![0-9A-Za-z]))?)"
    r"|(?P<word>[A-Za-z]+)"
    r"|(?P<command>\\(?:[A-Za-z]+|.))"
    r"|(?P<sign>\*\*|<=|>=|!=|==|:=|.)",
    re.DOTALL,
)
_TEXT_COMMANDS = frozenset(
    {"text", "textrm", "textbf", "textit", "textnormal", "mbox", "hbox", "mathrm", "rm", "operatorname"}
)
_OPEN = {"(": "(", "[": "[", "\\{": "{"}
_CLOSE = frozenset({")", "]", "\\}"})


def tokenise(text: str) -> list[Token]:
    """Return the tokens of a cleaned text, an `end` token last. Raises Unreadable over a budget."""
    tokens: list[Token] = []
    brackets: list[str] = []
    position, space = 0, False
    while match := _TOKEN.match(text, position):
        kind, piece = match.lastgroup, match[0]
        position = match.end()
        if kind == "space":
            space = True
            continue
        if len(tokens) >= MAX_TOKENS:
            raise Unreadable(f"more than {MAX_TOKENS} tokens")
        if kind == "number":
            # In (100,200) the comma separates two numbers; in (1,000) it cannot, because no number starts with 0.
            if "," in piece and brackets and brackets[-1] != "group" and ",0" not in piece:
                piece = piece[: piece.index(",")]
                position = match.start() + len(piece)
            tokens.append(Token("number", piece, space, _value(piece)))
        elif kind == "repeating":
            tokens.append(Token("number", piece, space, _repeating(piece)))
        elif kind == "command" and piece[1:] in _TEXT_COMMANDS:
            content, position = _braced(text, position)
            tokens.append(Token("text", content, space))
        elif kind == "word":
            tokens.append(Token("word", piece, space))
        else:
            _track(brackets, piece)
            tokens.append(Token("command" if kind == "command" else "sign", piece, space))
        space = False
    tokens.append(Token("end", "", space))
    return tokens


def _track(brackets: list[str], piece: str) -> None:
    if piece in _OPEN:
        brackets.append(piece)
    elif piece == "{":
        brackets.append("group")
    elif (piece in _CLOSE or piece == "}") and brackets:
        brackets.pop()


def _braced(text: str, position: int) -> tuple[str, int]:
    """Return what stands in the braces that open at `position` and the place after them."""
    while position < len(text) and text[position].isspace():
        position += 1
    if position >= len(text) or text[position] != "{":
        raise Unreadable("a text command without braces")
    depth = 0
    for index in range(position, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return text[position + 1 : index], index + 1
    raise Unreadable("braces that do not close")


def _value(piece: str) -> Fraction:
    digits = piece.replace(GROUP, "").replace(",", "").replace(" ", "")
    if len(digits) > MAX_DIGITS:
        raise Unreadable(f"a number of more than {MAX_DIGITS} digits")
    mantissa, _, exponent = digits.lower().partition("e")
    if exponent and (len(exponent) > 5 or abs(int(exponent)) > MAX_DIGITS):
        raise Unreadable("an exponent over the budget")
    if not exponent and "." not in mantissa:
        return Fraction(int(mantissa))
    whole, _, part = mantissa.partition(".")
    scale = int(exponent or 0) - len(part)
    value = int(whole + part)
    return Fraction(value * 10**scale) if scale >= 0 else Fraction(value, 10**-scale)


def _repeating(piece: str) -> Fraction:
    if len(piece) > MAX_DIGITS:
        raise Unreadable(f"a number of more than {MAX_DIGITS} digits")
    plain, _, rest = piece.partition("\\")
    whole, _, part = plain.partition(".")
    period = rest[rest.index("{") + 1 : -1]
    nines = 10 ** len(period) - 1
    return int(whole + part or "0") * Fraction(1, 10 ** len(part)) + Fraction(int(period), nines * 10 ** len(part))
