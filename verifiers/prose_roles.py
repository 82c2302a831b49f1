"""What does each formal piece of a line of prose stand for: the goal, what is left of it, what a hypothesis says?

Pieces are what stands between backquotes, and bare names and formulas. Cues around them decide: `to show`, `the goal` (what was
to be shown); `show`, `suffices`, `remains`, `becomes` (what is now); `assume`; `gives`, `have`; `by`, `with`, `since` (what is
used); `as`, `is`, `of type` (what a name says). The cue nearest before a piece counts, one right after it counts more. Total,
linear in the length of the text.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from verifiers.lean.goal_text import NAME

Role = Literal[
    "before", "after", "show", "either", "gives", "have", "assume", "suppose", "used", "shape", "fact", "follows", ""
]
"""`show`: `show` or `prove` alone, which is `after` in a step that leaves something of its goal; `either`: `the goal is`, then
or now; `gives`: what follows from what the step uses; `have`: that, or what was there; `suppose`: `let`, `take`, `either`; these
name also what is there; `shape`: a conjunction, a side of one; `fact`: a hypothesis; `follows`: from what something does."""

MAX_TEXT = 20_000
MAX_PIECES = 400
_MAX_NAMES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One formal piece."""

    text: str
    start: int
    """Its first character within the line, the backquote if it has one."""
    end: int
    role: Role = ""
    of: str = ""
    """The name that is said to have this type."""
    ticked: bool = True
    sentence: int = 0
    group: int = 0
    """Pieces between two cues are one list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """One line, read."""

    pieces: tuple[Piece, ...]
    done: tuple[tuple[int, int], ...]
    """Where it says that the proof is complete."""
    closed: tuple[tuple[int, int], ...]
    """Where it says that this goal is."""
    side: tuple[str, int, int] | None
    """The side of an `or` that it says is taken, and where."""


_MASK = "\ue000"
_TICKED = re.compile(r"`([^`\n]+)`")
_OPERATORS = "∧∨→↔¬≤≥<>=≠+*∣∈⊢∀∃⟨-/^%"
# Bare hypotheses (h12, hp, ih), lemmas (Nat.le_trans), and formulas: operands between operators, no word beside them.
_OPERAND = r"(?:[¬(] ?){0,12}+(?:[^\W\d_]\d*|\d+|True|False)(?: ?\)){0,12}+"
_BARE = (
    rf"(?<![\w`.]){_OPERAND}(?: ?[∧∨→↔≤≥<>=≠+*∣] ?{_OPERAND})++(?!\w)"
    r"|(?<![\w`.])(?:h\d+'?|h_\w+|h[A-Z]\w*|ih|IH|[A-Z]\w*(?:\.\w+)+|\w+_\w+(?:\.\w+)*)(?![\w`])"
)
_P = rf"{_MASK}+"
_SHOW = r"(?:show|prove|establish|derive|see|check|verify|find)"
_CUES: tuple[tuple[str, str], ...] = (
    ("end", r"[.;!?](?=\s|$)"),
    ("used", r"\bfrom (?:left to right|right to left)\b"),
    (
        "same",
        r"\bin (?:the (?:first|second|third|last|other|one|left|right)(?: case| one)?|each|both|either)(?: cases?)?\b",
    ),
    (
        "after",
        r"\b(?:(?:is|are) enough|(?:is|are) sufficient|suffices|remains?|(?:is|are) left|left with"
        r"|left(?! (?:side|part|disjunct|conjunct|hand|half))|enough|sufficient)"
        rf"(?: only)?(?: to {_SHOW})?\b",
    ),
    ("after", rf"\b(?:now|next|then|still|finally|first)(?: we)?(?: only)?(?: have to| need to| must)? {_SHOW}\b"),
    ("must", rf"\b(?:need|have|has|want|wanted|must)(?: only)?(?: to)? {_SHOW}\b"),
    ("after", rf"\bleav(?:es?|ing)(?: us)?(?: with| to {_SHOW}| the goals?| only)?\b"),
    (
        "after",
        r"\b(?:goals? )?(?:becomes?|turns? into|turns? to(?: the goal)?|is now|are now|changes? to|is still|is reduced to"
        r"|reduces to)\b",
    ),
    ("after", r"\b(?:next|new|remaining|other|resulting|following|sub) ?goals?(?: is| are| becomes?)?\b"),
    (
        "after",
        r"\b(?:base|first|second|third|last|other|inductive|induction) (?:case|step|part|half) (?:is|becomes|asks for)\b",
    ),
    ("before", r"\b(?:in place of|instead of|rather than)\b"),
    ("before", rf"\bto {_SHOW}\b"),
    ("either", rf"\bgoals? (?:is|are)(?: to {_SHOW})?\b"),
    ("after", r"\b(?:sub)?goals\b"),  # before there is one
    ("before", r"\bgoal(?: from| was)?\b"),
    ("must", r"\bwant(?:ed)?\b"),
    ("show", rf"\b{_SHOW}\b"),
    ("follows", r"\bfollows? from\b"),
    (
        "gives",
        r"\b(?:gives?|giving|gets?|getting|obtains?|obtained|yields?|shows|proves|concludes?|follows?|deduces?|infer|thus|hence"
        r"|therefore)\b",
    ),
    ("have", r"\b(?:have|has|know|so|means)\b"),
    ("assume", r"\b(?:assum(?:e|es|ing)|suppos(?:e|es|ing)|introduc(?:e|es|ing))\b"),
    ("suppose", r"\b(?:let|take|fix|given|either|cases?|call)\b"),
    ("shape", r"\b(?:conjunction|disjunction|implication|negation)\b|\b(?:side|part|disjunct|conjunct) of\b"),
    ("fact", r"\b(?:hypothes[ie]s|assumptions?|facts?)\b"),
    (
        "used",
        r"\b(?:by|using|uses?|with|from|since|because|via|appl(?:y|ying|ies|ied)|rewrit(?:e|es|ing)|after|on|of|in|split"
        r"|unfold(?:ing)?|simplif(?:y|ying|ies))\b",
    ),
    ("for", r"\bfor\b"),
    ("to", rf"\b(?:in)?to (?={_MASK})"),
)
"""(role, words), the first that matches at a place. `same` keeps the role that is; `end` ends a sentence."""
_CUE = re.compile("|".join(f"(?P<{role}_{index}>{words})" for index, (role, words) in enumerate(_CUES)), re.IGNORECASE)
_ROLES: dict[str, Role] = {role: role for role in get_args(Role)}
_THE_GOAL = r"(?:the|our) (?:current |whole |original |desired )?(?:goal|target)\b"
_REPLACE = re.compile(r"\breplac(?:e|es|ing)\b", re.IGNORECASE)
_IS_GOAL = re.compile(
    rf",?(?: (?:which|that|this))? (?:is|was) (?:exactly |just |now )?(?:{_THE_GOAL}|to be shown\b|what (?:we|was) want)",
    re.IGNORECASE,
)
_WAS_GOAL = re.compile(
    rf" ?,? (?:{_THE_GOAL}(?! (?:is|becomes|of|holds|{_MASK}))|as (?:required|wanted|needed|desired)\b)", re.IGNORECASE
)
_IS_LEFT = re.compile(
    r"\s*,? (?:(?:is|are|still) )?(?:left|remains?|next|enough|sufficient|suffices?|open)\b(?! side)", re.IGNORECASE
)
_REQUIRED = re.compile(r"\bas (?:required|wanted|needed|desired)\b|\bwhich was to be shown\b", re.IGNORECASE)
_DONE = re.compile(
    r"\b(?:done|(?:nothing|no goals?)(?: is| are)? (?:left|remains?|open)"
    r"|(?:ends?|completes?|finishes|concludes) the (?:whole )?proof|proof is (?:done|complete|finished|over)|qed)\b",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    rf"\b(?:closes|solves|finishes|discharges|close|solve|finish|discharge) (?:the|this) (?:current )?goal\b|\bgoal {_P} holds\b"
    r"|\bas (?:required|wanted|needed|desired)\b",
    re.IGNORECASE,
)
_SIDE = re.compile(
    r"\b(?:go|choose(?: the)?|take the|its|the|pick(?: the)?) (left|right)\b(?! (?:to|goal))", re.IGNORECASE
)
_NAMED_AFTER = re.compile(
    r" (?:as|called|named|be) | \("
    r"|,? ?\(?(?:which |that )?(?:we )?(?:call|name|label|denote)(?:ed|d)? (?:(?:it|this|that) )?(?:by |as )?",
    re.IGNORECASE,
)
_TYPE_AFTER = re.compile(
    r" (?:is|says|states|reads|has type|of type|asserts|being|be|(?:be|is) a (?:proof|hypothesis) of) (?:that )?| ?: | \("
)
_ARGUMENT = re.compile(r"\b(?:with|to|and|of|at),? $|, $", re.IGNORECASE)
_ENDS = re.compile(r"\s*(?:[.,;]|$)")
_TYPED = re.compile(rf"({NAME}(?: {NAME})*) : (.+)", re.DOTALL)


def read(text: str, propositions: Collection[str] = ()) -> Prose:
    """Read a line of prose. Positions are those within it; `propositions` are names that are formulas where they stand bare."""
    text = text[:MAX_TEXT]
    found = list(_found(text, _bare(propositions)))[:MAX_PIECES]
    masked = list(text)
    for piece in found:
        masked[piece.start : piece.end] = _MASK * (piece.end - piece.start)
    line = "".join(masked)
    side = _SIDE.search(line)
    return Prose(
        pieces=tuple(_typed(_required(_placed(line, found), line), line)),
        done=tuple(one.span() for one in _DONE.finditer(line)),
        closed=tuple(one.span() for one in _CLOSED.finditer(line)),
        side=(side[1].lower(), *side.span()) if side else None,
    )


def _bare(propositions: Collection[str]) -> re.Pattern[str]:
    """Return what is taken for a piece without backquotes."""
    names = "|".join(
        re.escape(one) for one in sorted(propositions, reverse=True)[:_MAX_NAMES] if one not in ("a", "A", "I")
    )
    return re.compile(rf"{_BARE}|(?<![\w`.'])(?:{names})(?![\w`'])") if names else re.compile(_BARE)


def _found(text: str, bare_piece: re.Pattern[str]) -> Iterator[Piece]:
    at = 0
    for one in [*_TICKED.finditer(text), None]:
        for bare in bare_piece.finditer(text, at, one.start() if one else len(text)):
            yield Piece(text=bare[0], start=bare.start(), end=bare.end(), ticked=False)
        if one is not None:
            yield Piece(text=one[1].strip(), start=one.start(), end=one.end())
            at = one.end()


def _placed(line: str, pieces: list[Piece]) -> list[Piece]:
    """Give each piece the role that cues before and right after it decide."""
    cues = list(_CUE.finditer(line))
    role: Role = ""
    sentence = group = at = here = 0
    placed = []
    for piece in pieces:
        while here < len(cues) and cues[here].start() < piece.start:
            cue = cues[here]
            kind = (cue.lastgroup or "").partition("_")[0]
            if kind == "end":
                sentence, role, at = sentence + 1, "", cue.end()
            elif kind != "same":
                role = _next_role(kind, role, line[at : cue.start()], first=here == 0)
            group += kind != "same"
            here += 1
        placed.append(replace(piece, role=_followed(line, piece.end, role), sentence=sentence, group=group))
    return placed


def _next_role(kind: str, role: Role, said: str, *, first: bool) -> Role:
    if kind == "for":  # `For p it is enough to show q`
        return "before" if not said.strip() or said.rstrip().endswith((",", ":")) else "used"
    if kind == "to":  # `reduces the goal p to q`, and `h1 applied to h2`
        return "after" if role in ("before", "either", "after") else "used"
    if kind == "must":  # at the beginning it says how things stand, later what is left to do
        return "either" if first else "after"
    if kind == "used" and role == "before" and _REPLACE.search(said):
        return "after"
    if kind in ("shape", "fact") and role in ("before", "after", "show", "either"):  # `to show the implication`
        return role
    return _ROLES[kind]


def _followed(line: str, end: int, role: Role) -> Role:
    """Return the role of a piece after which a cue stands: `h1 gives p, the goal`; not `by h1, the goal ...`."""
    if _IS_GOAL.match(line, end) or (role not in ("used", "fact") and _WAS_GOAL.match(line, end)):
        return "before"
    return "after" if _IS_LEFT.match(line, end) else role


def _required(pieces: list[Piece], line: str) -> list[Piece]:
    """`We have p by h1, as required`: what such a sentence gives is the goal."""
    ends = [one.start() for one in re.finditer(r"[.;!?](?=\s|$)", line)]
    required = set()
    for one in _REQUIRED.finditer(line):
        required.add(sum(end < one.start() for end in ends))
    return [
        replace(one, role="before") if one.role in ("gives", "have") and one.sentence in required else one
        for one in pieces
    ]


def _typed(pieces: list[Piece], line: str) -> Iterator[Piece]:
    """Say which pieces are types of names: `p` as `h1`, `h1`: `p`, `h1` is `p`, `h1 : p`."""
    for index, piece in enumerate(pieces):
        inside = _TYPED.fullmatch(piece.text)
        if inside is not None:
            yield replace(piece, of=inside[1], text=inside[2])
        else:
            yield replace(piece, of=_of(pieces, index, line))


def _of(pieces: list[Piece], index: int, line: str) -> str:
    piece = pieces[index]
    if index + 1 < len(pieces):
        other = pieces[index + 1]
        between = line[piece.end : other.start]
        if is_name(other.text) and _NAMED_AFTER.fullmatch(between):
            return other.text
        if is_name(other.text) and between == " is " and _ENDS.match(line, other.end) and not is_name(piece.text):
            return other.text
    if index > 0:
        other = pieces[index - 1]
        between = line[other.end : piece.start]
        if (
            is_name(other.text)
            and _TYPE_AFTER.fullmatch(between)
            and not _ARGUMENT.search(line, max(other.start - 12, 0), other.start)
        ):
            return other.text
    return ""


def is_name(text: str) -> bool:
    """Whether a piece is one name."""
    return re.fullmatch(rf"@?{NAME}", text) is not None
