"""What a small program may do to a list of numbers."""

from collections.abc import Callable
from random import Random

from pipeline.families.small_programs.stage import FACTOR, SMALL, Back, Stage, between
from verifiers.execution.small_expressions import Value


def _each(one: Callable[[int, int], int | None]) -> Back:
    def back(value: list[int], constant: int, _: Random) -> Value:
        made: list[Value] = [one(item, constant) for item in value]
        return None if None in made else made

    return back


def _kept(keeps: Callable[[int, int], bool]) -> Back:
    return _each(lambda item, constant: item if keeps(item, constant) else None)


LIST = (
    Stage(
        name="add_each",
        takes="list",
        gives="list",
        code="{w} = [x + {c} for x in {v}]",
        says=("add {c} to each number",),
        c=SMALL,
        back=_each(lambda item, c: item - c),
    ),
    Stage(
        name="multiply_each",
        takes="list",
        gives="list",
        code="{w} = [x * {c} for x in {v}]",
        says=("multiply each number by {c}",),
        c=FACTOR,
        back=_each(lambda item, c: item // c if item % c == 0 else None),
    ),
    Stage(
        name="keep_above",
        takes="list",
        gives="list",
        code="{w} = [x for x in {v} if x > {c}]",
        says=("keep the numbers above {c}",),
        c=SMALL,
        back=_kept(lambda item, c: item > c),
    ),
    Stage(
        name="keep_below",
        takes="list",
        gives="list",
        code="{w} = [x for x in {v} if x < {c}]",
        says=("keep the numbers below {c}",),
        c=between(8, 30),
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
        c=between(1, 2),
        back=lambda value, c, rng: [rng.randint(1, 20) for _ in range(c)] + value,
    ),
    Stage(
        name="head",
        takes="list",
        gives="list",
        code="{w} = {v}[:{c}]",
        says=("keep the first {c} of the list",),
        c=between(2, 3),
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
        c=SMALL,
        back=lambda value, c, _: value[:-1] if value and value[-1] == c else None,
    ),
    Stage(
        name="put_first",
        takes="list",
        gives="list",
        code="{w} = [{c}] + {v}",
        says=("put {c} in front of the list",),
        c=SMALL,
        back=lambda value, c, _: value[1:] if value and value[0] == c else None,
    ),
    Stage(
        name="collect_above",
        takes="list",
        gives="list",
        code="{w} = []\nfor x in {v}:\n    if x > {c}:\n        {w}.append(x)",
        says=("collect the numbers above {c} one by one",),
        c=SMALL,
    ),
    Stage(
        name="collect_scaled",
        takes="list",
        gives="list",
        code="{w} = []\nfor x in {v}:\n    {w}.append(x * {c})",
        says=("collect each number times {c} one by one",),
        c=FACTOR,
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
        c=between(2, 4),
        d=between(0, 9),
    ),
    Stage(
        name="count_above",
        takes="list",
        gives="int",
        code="{w} = 0\nfor x in {v}:\n    if x > {c}:\n        {w} += 1",
        says=("count the numbers above {c} one by one",),
        c=SMALL,
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
        c=between(0, 9),
    ),
)
