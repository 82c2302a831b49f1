"""What a small program may do to a number."""

from random import Random

from pipeline.families.small_programs.stage import FACTOR, SMALL, Stage, between
from verifiers.execution.small_expressions import Value


def _exact(value: int, factor: int, _: Random) -> Value:
    return value // factor if value % factor == 0 else None


NUMBER = (
    Stage(
        name="add",
        takes="int",
        gives="int",
        code="{w} = {v} + {c}",
        says=("add {c}", "increase it by {c}"),
        c=SMALL,
        back=lambda value, c, _: value - c,
    ),
    Stage(
        name="add_in_place",
        takes="int",
        gives="int",
        code="{v} += {c}",
        says=("add {c}",),
        c=SMALL,
        back=lambda value, c, _: value - c,
    ),
    Stage(
        name="subtract",
        takes="int",
        gives="int",
        code="{w} = {v} - {c}",
        says=("subtract {c}", "take {c} away"),
        c=SMALL,
        back=lambda value, c, _: value + c,
    ),
    Stage(
        name="subtract_from",
        takes="int",
        gives="int",
        code="{w} = {c} - {v}",
        says=("subtract it from {c}",),
        c=SMALL,
        back=lambda value, c, _: c - value,
    ),
    Stage(
        name="multiply",
        takes="int",
        gives="int",
        code="{w} = {v} * {c}",
        says=("multiply by {c}", "take it {c} times"),
        c=FACTOR,
        back=_exact,
    ),
    Stage(
        name="remainder",
        takes="int",
        gives="int",
        code="{w} = {v} % {c}",
        says=("take the remainder after dividing by {c}",),
        c=between(3, 9),
        back=lambda value, c, rng: value + c * rng.randint(0, 3) if 0 <= value < c else None,
    ),
    Stage(
        name="divide",
        takes="int",
        gives="int",
        code="{w} = {v} // {c}",
        says=("divide by {c}, rounding down",),
        c=FACTOR,
        back=lambda value, c, rng: value * c + rng.randint(0, c - 1),
    ),
    Stage(
        name="distance",
        takes="int",
        gives="int",
        code="{w} = abs({v} - {c})",
        says=("take the distance from {c}",),
        c=SMALL,
        back=lambda value, c, _: c + value if value >= 0 else None,
    ),
    Stage(
        name="branch",
        takes="int",
        gives="int",
        code="if {v} > {c}:\n    {v} = {v} - {d}\nelse:\n    {v} = {v} + {d}",
        says=("subtract {d} if it is above {c}, else add {d}",),
        c=SMALL,
        d=between(2, 9),
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
        c=between(5, 15),
        d=between(6, 12),
    ),
    Stage(
        name="add_counts",
        takes="int",
        gives="int",
        code="for i in range({c}):\n    {v} += i",
        says=("add the numbers from 0 up to {c}, without {c}",),
        c=between(2, 4),
    ),
    Stage(
        name="pair",
        takes="int",
        gives="list",
        code="{w} = [{v}, {v} + {c}]",
        says=("make a list of it and of it plus {c}",),
        c=SMALL,
        back=lambda value, c, _: value[0] if len(value) == 2 and value[1] == value[0] + c else None,
    ),
    Stage(
        name="count_up",
        takes="int",
        gives="list",
        code="{w} = list(range({v}, {v} + {c}))",
        says=("list the {c} numbers from it upwards",),
        c=between(2, 4),
        back=lambda value, c, _: value[0] if value and value == list(range(value[0], value[0] + c)) else None,
    ),
)
