"""Strings and bytes as Python writes them, in every notation but f-strings, read by hand in time that goes with their length."""

import re
import unicodedata

_PREFIX = r"(?:[rR][bB]?|[bB][rR]?|[uU])?"
_BEGINS = re.compile(rf"""{_PREFIX}['"]""")
_STRING = re.compile(
    rf"""(?P<prefix>{_PREFIX})(?:"""
    r"""'''(?P<a>(?:[^'\\]|\\.|'(?!''))*)'''|\"\"\"(?P<b>(?:[^"\\]|\\.|"(?!""))*)\"\"\""""
    r"""|'(?P<c>(?:[^'\\\n]|\\.)*)'|"(?P<d>(?:[^"\\\n]|\\.)*)")""",
    re.DOTALL,
)
_SPACE = re.compile(r"[ \t\f]*")
_ESCAPE = re.compile(
    r"\\(?:(?P<oct>[0-7]{1,3})|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})"
    r"|N\{(?P<N>[^{}]{1,100})\}|(?P<c>.))",
    re.DOTALL,
)
_PLAIN = {
    "\n": "", "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip


def begins(text: str, at: int) -> bool:
    """Whether a string begins here."""
    return _BEGINS.match(text, at) is not None


def read(text: str, at: int, end: int) -> tuple[str | bytes, int]:
    """Return the string that begins at `at` and where it ends, at `end` at the latest. Raises ValueError with the reason.

    Strings that stand side by side on a line are one.
    """
    texts: list[str] = []
    parts: list[bytes] = []
    while True:
        found = _STRING.match(text, at, min(len(text), end))
        if found is None:
            raise ValueError("a string that does not end")
        piece = _unescaped(found)
        if isinstance(piece, str):
            texts.append(piece)
        else:
            parts.append(piece)
        at = found.end()
        after = _SPACE.match(text, at)
        if after is None or not begins(text, after.end()):
            break
        at = after.end()
    if texts and parts:
        raise ValueError("strings and bytes side by side")
    return (b"".join(parts) if parts else "".join(texts)), at


def _unescaped(found: "re.Match[str]") -> str | bytes:
    prefix, held = found["prefix"].lower(), found[str(found.lastgroup)]
    if "b" in prefix:
        if not held.isascii():
            raise ValueError("bytes with other characters than ASCII")
        return (held if "r" in prefix else _ESCAPE.sub(_byte, held)).encode("latin-1")
    return held if "r" in prefix or "\\" not in held else _ESCAPE.sub(_char, held)


def _char(escape: "re.Match[str]") -> str:
    kind = str(escape.lastgroup)
    if kind == "c":
        return _plain(escape, "xuUN")
    if kind == "N":
        try:
            return unicodedata.lookup(escape["N"])
        except KeyError:
            raise ValueError(f"no character is called {escape['N'][:40]!r}") from None
    code = int(escape[kind], 8 if kind == "oct" else 16)
    if code > 0x10FFFF:
        raise ValueError("no such character")
    return chr(code)


def _byte(escape: "re.Match[str]") -> str:
    kind = str(escape.lastgroup)
    if kind in ("oct", "x"):
        return chr(int(escape[kind], 8 if kind == "oct" else 16) & 0xFF)
    return _plain(escape, "x") if kind == "c" else escape[0]


def _plain(escape: "re.Match[str]", incomplete: str) -> str:
    """Return what an escape of one character stands for; Python keeps those it does not know as they are."""
    if escape["c"] in incomplete:
        raise ValueError(f"the escape {escape[0]} is not complete")
    return _PLAIN.get(escape["c"], escape[0])
