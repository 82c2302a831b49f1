"""What a small program may do: stages, each some lines of code, a sentence that says the same and, at best, a way back.

A stage takes a value of one kind and leaves one of the same or another kind. In code and sentence `{v}` is the variable that
comes in, `{w}` the one that goes out, `{c}` and `{d}` are constants. Texts consist of capital letters, so that the code policy
sees one token a letter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from verifiers.execution.small_python import Value

Kind = Literal["int", "list", "str"]
LETTERS = "ABCDE"
Constant = int | str
Draw = Callable[[Random], Constant]
Back = Callable[
    [Any, Any, Random], Value
]  # Any: the value is of the kind that the stage gives, the constant of its own
"""(value that went out, constant, rng) -> a value that may have come in, None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One thing a program does."""

    name: str
    takes: Kind
    gives: Kind
    code: str
    says: tuple[str, ...]
    """Sentences for the plan, without capital and full stop; any of them will do."""
    c: Draw | None = None
    d: Draw | None = None
    back: Back | None = None
    """Only of stages of one line."""


def _between(low: int, high: int) -> Draw:
    return lambda rng: rng.randint(low, high)


def _letter(rng: Random) -> str:
    return rng.choice(LETTERS)


def _letters(rng: Random) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(1, 2)))


def _exact(value: int, factor: int, _: Random) -> Value:
    return value // factor if value % factor == 0 else None


def _each(one: Callable[[int, int], int | None]) -> Back:
    def back(value: list[int], constant: int, _: Random) -> Value:
        made: list[Value] = [one(item, constant) for item in value]
        return None if None in made else made

    return back


def _kept(keeps: Callable[[int, int], bool]) -> Back:
    return _each(lambda item, constant: item if keeps(item, constant) else None)


_SMALL, _COUNT, _FACTOR, _MODULUS = _between(2, 20), _between(1, 2), _between(2, 5), _between(3, 9)

INT = (
    Stage(
        name="add",
        takes="int",
        gives="int",
        code="{w} = {v} + {c}",
        says=("add {c}", "increase it by {c}"),
        c=_SMALL,
        back=lambda value, c, _: value - c,
    ),
    Stage(
        name="add_in_place",
        takes="int",
        gives="int",
        code="{v} += {c}",
        says=("add {c}",),
        c=_SMALL,
        back=lambda value, c, _: value - c,
    ),
    Stage(
        name="subtract",
        takes="int",
        gives="int",
        code="{w} = {v} - {c}",
        says=("subtract {c}", "take {c} away"),
        c=_SMALL,
        back=lambda value, c, _: value + c,
    ),
    Stage(
        name="subtract_from",
        takes="int",
        gives="int",
        code="{w} = {c} - {v}",
        says=("subtract it from {c}",),
        c=_SMALL,
        back=lambda value, c, _: c - value,
    ),
    Stage(
        name="multiply",
        takes="int",
        gives="int",
        code="{w} = {v} * {c}",
        says=("multiply by {c}", "take it {c} times"),
        c=_FACTOR,
        back=_exact,
    ),
    Stage(
        name="remainder",
        takes="int",
        gives="int",
        code="{w} = {v} % {c}",
        says=("take the remainder after dividing by {c}",),
        c=_MODULUS,
        back=lambda value, c, rng: value + c * rng.randint(0, 3) if 0 <= value < c else None,
    ),
    Stage(
        name="divide",
        takes="int",
        gives="int",
        code="{w} = {v} // {c}",
        says=("divide by {c}, rounding down",),
        c=_FACTOR,
        back=lambda value, c, rng: value * c + rng.randint(0, c - 1),
    ),
    Stage(
        name="distance",
        takes="int",
        gives="int",
        code="{w} = abs({v} - {c})",
        says=("take the distance from {c}",),
        c=_SMALL,
        back=lambda value, c, _: c + value if value >= 0 else None,
    ),
    Stage(
        name="branch",
        takes="int",
        gives="int",
        code="if {v} > {c}:\n    {v} = {v} - {d}\nelse:\n    {v} = {v} + {d}",
        says=("subtract {d} if it is above {c}, else add {d}",),
        c=_SMALL,
        d=_between(2, 9),
    ),
    Stage(
        name="halve_even",
        takes="int",
        gives="int",
        code="if {v} % 2 == 0:\n    {v} = {v} // 2",
        says=("halve it if it is even",),
    ),
    Stage(
        name="while_above",
        takes="int",
        gives="int",
        code="while {v} > {c}:\n    {v} -= {d}",
        says=("subtract {d} while it is above {c}",),
        c=_between(5, 15),
        d=_between(6, 12),
    ),
    Stage(
        name="add_counts",
        takes="int",
        gives="int",
        code="for i in range({c}):\n    {v} += i",
        says=("add the numbers from 0 up to {c}, without {c}",),
        c=_between(2, 4),
    ),
    Stage(
        name="pair",
        takes="int",
        gives="list",
        code="{w} = [{v}, {v} + {c}]",
        says=("make a list of it and of it plus {c}",),
        c=_SMALL,
        back=lambda value, c, _: value[0] if len(value) == 2 and value[1] == value[0] + c else None,
    ),
    Stage(
        name="count_up",
        takes="int",
        gives="list",
        code="{w} = list(range({v}, {v} + {c}))",
        says=("list the {c} numbers from it upwards",),
        c=_between(2, 4),
        back=lambda value, c, _: value[0] if value and value == list(range(value[0], value[0] + c)) else None,
    ),
)

LIST = (
    Stage(
        name="add_each",
        takes="list",
        gives="list",
        code="{w} = [x + {c} for x in {v}]",
        says=("add {c} to each number",),
        c=_SMALL,
        back=_each(lambda item, c: item - c),
    ),
    Stage(
        name="multiply_each",
        takes="list",
        gives="list",
        code="{w} = [x * {c} for x in {v}]",
        says=("multiply each number by {c}",),
        c=_FACTOR,
        back=_each(lambda item, c: item // c if item % c == 0 else None),
    ),
    Stage(
        name="keep_above",
        takes="list",
        gives="list",
        code="{w} = [x for x in {v} if x > {c}]",
        says=("keep the numbers above {c}",),
        c=_SMALL,
        back=_kept(lambda item, c: item > c),
    ),
    Stage(
        name="keep_below",
        takes="list",
        gives="list",
        code="{w} = [x for x in {v} if x < {c}]",
        says=("keep the numbers below {c}",),
        c=_between(8, 30),
        back=_kept(lambda item, c: item < c),
    ),
    Stage(
        name="keep_even",
        takes="list",
        gives="list",
        code="{w} = [x for x in {v} if x % 2 == 0]",
        says=("keep the even numbers",),
        back=lambda value, _, __: value if all(x % 2 == 0 for x in value) else None,
    ),
    Stage(
        name="reverse",
        takes="list",
        gives="list",
        code="{w} = {v}[::-1]",
        says=("reverse the list", "turn the list around"),
        back=lambda value, _, __: value[::-1],
    ),
    Stage(
        name="sort",
        takes="list",
        gives="list",
        code="{w} = sorted({v})",
        says=("sort the list",),
        back=lambda value, _, __: value if value == sorted(value) else None,
    ),
    Stage(
        name="drop",
        takes="list",
        gives="list",
        code="{w} = {v}[{c}:]",
        says=("drop the first {c} of the list",),
        c=_COUNT,
        back=lambda value, c, rng: [rng.randint(1, 20) for _ in range(c)] + value,
    ),
    Stage(
        name="head",
        takes="list",
        gives="list",
        code="{w} = {v}[:{c}]",
        says=("keep the first {c} of the list",),
        c=_between(2, 3),
        back=lambda value, c, _: value if len(value) <= c else None,
    ),
    Stage(
        name="rotate",
        takes="list",
        gives="list",
        code="{w} = {v}[1:] + {v}[:1]",
        says=("move the first of the list to the end",),
        back=lambda value, _, __: value[-1:] + value[:-1],
    ),
    Stage(
        name="put_last",
        takes="list",
        gives="list",
        code="{w} = {v} + [{c}]",
        says=("put {c} at the end of the list",),
        c=_SMALL,
        back=lambda value, c, _: value[:-1] if value and value[-1] == c else None,
    ),
    Stage(
        name="put_first",
        takes="list",
        gives="list",
        code="{w} = [{c}] + {v}",
        says=("put {c} in front of the list",),
        c=_SMALL,
        back=lambda value, c, _: value[1:] if value and value[0] == c else None,
    ),
    Stage(
        name="collect_above",
        takes="list",
        gives="list",
        code="{w} = []\nfor x in {v}:\n    if x > {c}:\n        {w}.append(x)",
        says=("collect the numbers above {c} one by one",),
        c=_SMALL,
    ),
    Stage(
        name="collect_scaled",
        takes="list",
        gives="list",
        code="{w} = []\nfor x in {v}:\n    {w}.append(x * {c})",
        says=("collect each number times {c} one by one",),
        c=_FACTOR,
    ),
    Stage(
        name="length",
        takes="list",
        gives="int",
        code="{w} = len({v})",
        says=("count the numbers",),
        back=lambda value, _, rng: [rng.randint(1, 20) for _ in range(value)] if 0 <= value <= 6 else None,
    ),
    Stage(
        name="sum",
        takes="list",
        gives="int",
        code="{w} = sum({v})",
        says=("take the sum of the list", "sum the list"),
        back=lambda value, _, __: [value],
    ),
    Stage(
        name="total",
        takes="list",
        gives="int",
        code="{w} = 0\nfor x in {v}:\n    {w} += x",
        says=("add the numbers up one by one",),
    ),
    Stage(
        name="weighted",
        takes="list",
        gives="int",
        code="{w} = {d}\nfor x in {v}:\n    {w} += x * {c}",
        says=("start from {d} and add {c} times each number",),
        c=_between(2, 4),
        d=_between(0, 9),
    ),
    Stage(
        name="count_above",
        takes="list",
        gives="int",
        code="{w} = 0\nfor x in {v}:\n    if x > {c}:\n        {w} += 1",
        says=("count the numbers above {c} one by one",),
        c=_SMALL,
    ),
    Stage(
        name="total_even",
        takes="list",
        gives="int",
        code="{w} = 0\nfor x in {v}:\n    if x % 2 == 0:\n        {w} += x",
        says=("add up the even numbers one by one",),
    ),
    Stage(
        name="alternate",
        takes="list",
        gives="int",
        code="{w} = {c}\nfor x in {v}:\n    {w} = x - {w}",
        says=("start from {c} and subtract the result from each number in turn",),
        c=_between(0, 9),
    ),
)

STR = (
    Stage(
        name="reverse_text",
        takes="str",
        gives="str",
        code="{w} = {v}[::-1]",
        says=("reverse the text", "turn the text around"),
        back=lambda value, _, __: value[::-1],
    ),
    Stage(
        name="append_text",
        takes="str",
        gives="str",
        code="{w} = {v} + {c!r}",
        says=("put {c!r} after the text",),
        c=_letters,
        back=lambda value, c, _: value.removesuffix(c) if value.endswith(c) else None,
    ),
    Stage(
        name="prepend_text",
        takes="str",
        gives="str",
        code="{w} = {c!r} + {v}",
        says=("put {c!r} before the text",),
        c=_letters,
        back=lambda value, c, _: value.removeprefix(c) if value.startswith(c) else None,
    ),
    Stage(
        name="replace",
        takes="str",
        gives="str",
        code="{w} = {v}.replace({c!r}, {d!r})",
        says=("replace every {c!r} by {d!r}",),
        c=_letter,
        d=_letters,
        back=lambda value, c, _: value if c not in value else None,
    ),
    Stage(
        name="drop_text",
        takes="str",
        gives="str",
        code="{w} = {v}[{c}:]",
        says=("drop the first {c} letters",),
        c=_COUNT,
        back=lambda value, c, rng: "".join(rng.choice(LETTERS) for _ in range(c)) + value,
    ),
    Stage(
        name="cut_end",
        takes="str",
        gives="str",
        code="{w} = {v}[:-1]",
        says=("drop the last letter",),
        back=lambda value, _, rng: value + rng.choice(LETTERS),
    ),
    Stage(
        name="double_text",
        takes="str",
        gives="str",
        code="{w} = {v} * 2",
        says=("write the text twice",),
        back=lambda value, _, __: value[: len(value) // 2] if value[: len(value) // 2] * 2 == value else None,
    ),
    Stage(
        name="without",
        takes="str",
        gives="str",
        code="{w} = ''\nfor ch in {v}:\n    if ch != {c!r}:\n        {w} += ch",
        says=("leave out every {c!r}",),
        c=_letter,
    ),
    Stage(
        name="letters",
        takes="str",
        gives="int",
        code="{w} = len({v})",
        says=("count the letters",),
        back=lambda value, _, rng: "".join(rng.choice(LETTERS) for _ in range(value)) if 0 <= value <= 8 else None,
    ),
    Stage(
        name="count_letter",
        takes="str",
        gives="int",
        code="{w} = {v}.count({c!r})",
        says=("count how often {c!r} occurs",),
        c=_letter,
        back=lambda value, c, _: c * value if 0 <= value <= 6 else None,
    ),
    Stage(
        name="count_one_by_one",
        takes="str",
        gives="int",
        code="{w} = 0\nfor ch in {v}:\n    if ch == {c!r}:\n        {w} += 1",
        says=("count every {c!r} one by one",),
        c=_letter,
    ),
)

STAGES: dict[Kind, tuple[Stage, ...]] = {"int": INT, "list": LIST, "str": STR}
BY_NAME = {stage.name: stage for stages in STAGES.values() for stage in stages}
