"""What a small program may do to a text."""

from random import Random

from pipeline.families.small_programs.stage import LETTERS, Stage, between


def _letter(rng: Random) -> str:
    return rng.choice(LETTERS)


def _letters(rng: Random) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(1, 2)))


TEXT = (
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
        c=between(1, 2),
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
