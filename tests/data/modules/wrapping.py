"""Paragraphs cut into lines, as `textwrap` does it in small: words, indents, tabs, initials."""

import re

TAB = 4


def words_of(text: str) -> list[str]:
    """Return the words of a text, without white space.

    >>> words_of("  one two,  three ")
    ['one', 'two,', 'three']
    """
    return [piece for piece in re.split(r"\s+", text) if piece]


def wrap(text: str, width: int = 20) -> list[str]:
    """Return lines of at most `width` characters; a longer word has a line of its own.

    >>> wrap("the quick brown fox jumps", 10)
    ['the quick', 'brown fox', 'jumps']
    >>> wrap("incomprehensible is it", 6)
    ['incomprehensible', 'is it']
    >>> wrap("", 5)
    []
    """
    lines: list[str] = []
    current = ""
    for word in words_of(text):
        if not current:
            current = word
        elif len(current) + 1 + len(word) <= width:
            current += " " + word
        else:
            lines.append(current)
            current = word
    if current:
        lines.append(current)
    return lines


def indent(lines: list[str], by: int) -> str:
    """Return the lines joined, each moved to the right; empty ones stay empty.

    >>> indent(["a", "", "bc"], 2)
    '  a\\n\\n  bc'
    """
    moved = []
    for line in lines:
        moved.append(" " * by + line if line.strip() else "")
    return "\n".join(moved)


def dedent(text: str) -> str:
    """Take away what all lines have in common at their beginning.

    >>> dedent("    if x:\\n      y")
    'if x:\\n  y'
    >>> dedent("a\\n  b")
    'a\\n  b'
    """
    margin: int | None = None
    lines = text.split("\n")
    for line in lines:
        stripped = line.lstrip(" ")
        if not stripped:
            continue
        depth = len(line) - len(stripped)
        if margin is None or depth < margin:
            margin = depth
    return "\n".join(line[margin or 0 :] for line in lines)


def expand(text: str) -> str:
    """Put spaces in the place of tabs, up to the next stop.

    >>> expand("a\\tbc\\td")
    'a   bc  d'
    """
    made = ""
    for char in text:
        if char == "\t":
            made += " "
            while len(made) % TAB:
                made += " "
            continue
        made += char
    return made


def initials(name: str, *, dots: bool = True) -> str:
    """Return the first letters of the names.

    >>> initials("ada king lovelace")
    'A.K.L.'
    >>> initials("")
    ''
    """
    return "".join(word[0].upper() + ("." if dots else "") for word in words_of(name))
