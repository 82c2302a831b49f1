"""What may stand around a number: its unit (`3 posts/member`, `\\text{ cm}`), a scale (`1.5 million`), `%`, a remark."""

from fractions import Fraction

from verifiers.math_text.units import is_unit, read_unit
from verifiers.steps.reading import Reading, Value
from verifiers.steps.words import ENDS, FUNCTION_WORDS, PHRASES, SCALES

MAX_UNIT_WORDS = 6


def measured(reading: Reading, value: Value | None) -> Value | None:
    """Take the unit, scale or percent sign after a value. Words only where the equation goes on after them."""
    if reading.pieces[reading.at].kind not in _KINDS:
        return value
    begin = at = kept = reading.at
    doubt = ""
    for count in range(MAX_UNIT_WORDS):
        after, keeps, why = _described(reading, at, first=count == 0)
        if after == at:
            break
        if keeps:
            kept = after
            value = _scaled(reading, at, value)
        at, doubt = after, doubt or why
    if at > kept and reading.goes_on(at):
        phrase = at - kept >= 3 and reading.pieces[reading.skip(at)].kind == "equals"
        if phrase and not {piece.text for piece in reading.pieces[kept:at]} & PHRASES:
            reading.phrased = True
        reading.at = at
        reading.doubt = reading.doubt or doubt
    else:
        reading.at = kept
    reading.described = reading.described or reading.at > begin
    return value


_KINDS = frozenset({"percent", "unit", "text", "word", "letter", "sign", "open"})


def _described(reading: Reading, at: int, *, first: bool) -> tuple[int, bool, str]:
    """Return the index after one piece of a description at `at`, whether it is one wherever it stands, and a doubt."""
    pieces = reading.pieces
    piece = pieces[at]
    match piece.kind:
        case "percent" | "unit":
            return at + 1, True, ""
        case "text":
            return (at + 1, True, "") if _is_unit_text(piece.text) else (at, False, "")
        case "word" | "letter":
            if not _is_word(reading, at):
                return at, False, ""
            letters = first and _looks_like_letters(reading, at)
            scale = first and piece.text.lower() in SCALES
            return at + 1, scale, "letters that may be variables" if letters and not scale else ""
        case "sign" if piece.text in "/-" and piece.end == pieces[at + 1].start:
            # `$40/hour`, `5-pound`; but `5 - total` and `6 / total` go on with something unknown.
            following = pieces[at + 1]
            words = following.kind == "word" and following.text.lower() not in FUNCTION_WORDS
            return (at + 2, True, "") if words or (following.kind == "text" and piece.text == "-") else (at, False, "")
        case "open" if _is_remark(reading, at):
            after = reading.text.partner[at] + 1
            if piece.start == pieces[at - 1].end:
                return after, False, "words in a bracket may be a factor"
            return after, False, "a bracket with words and numbers" if reading.text.between(at, "number") else ""
    return at, False, ""


def _scaled(reading: Reading, at: int, value: Value | None) -> Value | None:
    """Return `value` times the scale or percent sign at `at`."""
    piece = reading.pieces[at]
    scale = SCALES.get(piece.text.lower(), 0) if piece.kind in ("word", "letter") else 0
    if piece.kind == "percent":
        reading.soft = reading.share = True
        return value if value is None or reading.plain else Fraction(value, 100)
    if scale:
        reading.soft = True
        return value if value is None or reading.plain else value * scale
    return value


def _is_word(reading: Reading, at: int) -> bool:
    """Whether the word at `at` may be (part of) a unit; of single letters, `k` and the article."""
    piece = reading.pieces[at]
    word = piece.text.lower()
    if piece.kind == "letter":
        return piece.text == "k" or (word == "a" and reading.pieces[at + 1].kind == "word")
    return word in SCALES or not (word in ENDS or word in FUNCTION_WORDS)


def _looks_like_letters(reading: Reading, at: int) -> bool:
    """Whether the word at `at`, directly after a number, may be a product: `2xy + 3`."""
    piece = reading.pieces[at]
    if is_unit(piece.text):
        return False
    if piece.start == reading.pieces[at - 1].end:
        return True
    return len(piece.text) == 2 and piece.text.islower() and not any(letter in "aeiou" for letter in piece.text)


def _is_remark(reading: Reading, at: int) -> bool:
    """Whether a bracket holds words, such as `1 (Jose) + 4 siblings`."""
    if reading.text.partner[at] < 0:
        return False
    return reading.text.between(at, "word") and not reading.text.relates(at)


def is_known_unit(word: str) -> bool:
    """Whether `word` is a unit of measure, not of count: hours, cents; not apples."""
    unit = read_unit(word) if word != "in" and is_unit(word) else None
    return unit is not None and unit.known


def _is_unit_text(text: str) -> bool:
    """Whether `\\text{..}` holds a unit, not a connective."""
    words = text[text.index("{") + 1 : -1].lower().split()
    return len(words) <= 3 and not any(word.strip(".,") in ENDS for word in words) and "$" not in text
