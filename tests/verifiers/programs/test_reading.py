"""What a text says: its last answer, a value or a call, and the program in it."""

import pytest

from verifiers.programs.literals import Arguments, Found, Unreadable
from verifiers.programs.reading import call_in, program_in, value_in


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("So.\nAnswer: 10", 10),
        ("Answer: 9\nNo.\nAnswer: 10\n", 10),
        ("**Answer:** `[1, 2]`.", [1, 2]),
        ("**Answer**: 'a*b'", "a*b"),
        ("### Final answer: $3$", 3),
        ("Answer:\n```python\n[1,\n 2]\n```\n", [1, 2]),
        ("Answer: \\boxed{(3, 4)}", (3, 4)),
        (r"It is \boxed{1}, no, \boxed{\{'a': {1}\}}.", {"a": {1}}),
        ("Answer: '`'", "`"),
        ("Answer: None.", None),
    ],
)
def test_the_value_in_an_answer(text: str, value: object) -> None:
    said = value_in(text)
    assert said is not None and isinstance(said.meaning, Found)
    assert said.meaning.value == value and type(said.meaning.value) is type(value)


@pytest.mark.parametrize("text", ["", "no", "Answer:", "Answer: **", "The answer is 3", "x Answer: 3", "Answer\n3"])
def test_no_answer(text: str) -> None:
    assert value_in(text) is None and call_in(text) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Answer: 3 apples", "3 apples"),
        ("Answer: f(3)", "f(3)"),
        ("Answer: 1 + 1", "1 + 1"),
        ("Answer: [1, 2\nEnd", "[1, 2"),
    ],
)
def test_what_is_no_value_is_said_as_it_is_written(text: str, written: str) -> None:
    said = value_in(text)
    assert said is not None and isinstance(said.meaning, Unreadable) and said.written == written


@pytest.mark.parametrize(
    ("text", "name", "args", "kwargs"),
    [
        ("Answer: f(3, [5, 2])", "f", (3, [5, 2]), {}),
        ("Answer: (3, [5, 2])", "", (3, [5, 2]), {}),
        ("Answer: (3)", "", (3,), {}),
        ("Answer: ((3,),)", "", ((3,),), {}),
        ("Answer: `f(a=3, xs=[5])`.", "f", (), {"a": 3, "xs": [5]}),
        ("Answer: f(3, xs = [5],)", "f", (3,), {"xs": [5]}),
        ("Answer: Solution().two_sum([1], 2)", "two_sum", ([1], 2), {}),
        ("Answer: _f()", "_f", (), {}),
    ],
)
def test_the_call_in_an_answer(text: str, name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    said = call_in(text)
    assert said is not None and isinstance(said.meaning, Arguments)
    assert (said.name, said.meaning.args, said.meaning.kwargs) == (name, args, kwargs)


@pytest.mark.parametrize(
    "text",
    ["f(x)", "f(3) == 10", "f(3", "f", "3, 4", "f(*[3])", "f(a=1, 2)", "f(a=1, a=2)", "f(3)(4)", "f(__import__('os'))"],
)
def test_what_is_no_call_with_values(text: str) -> None:
    said = call_in(f"Answer: {text}")
    assert said is not None and isinstance(said.meaning, Unreadable)


HOSTILE = (
    "Answer:" * 100_000, "\nAnswer: " * 100_000, "answer" * 200_000, "\\boxed{" * 100_000, "Answer: " + "`" * 1_000_000,
    "Answer: " + "`*" * 500_000, "Answer:" + " " * 1_000_000, "Answer: \\boxed{" * 100_000, "Answer: " + "[" * 1_000_000,
    "Answer: " + "a." * 500_000, "Answer: " + "a()." * 300_000, "Answer: " + "9" * 1_000_000, "Answer: [" + "1," * 500_000,
    "Answer: '" + "\\" * 1_000_000, "Answer: {" + ", ".join(str(i * (2**61 - 1)) for i in range(3_000)) + "}",
    "Answer: \ud800", "Answer: \x00", "Answer: ١٢", "Answer: \u202e3", "_" * 1_000_000, "Answer: " + "-" * 1_000_000,
)  # fmt: skip


def test_hostile_answers_are_read_in_linear_time() -> None:
    for text in HOSTILE:
        for said in (value_in(text), call_in(text)):
            assert said is None or isinstance(said.meaning, Unreadable), text[:30]
            assert said is None or len(said.written) <= 200


@pytest.mark.parametrize(
    ("text", "entry_point", "code"),
    [
        ("def f(): pass\n", "", "def f(): pass\n"),
        ("So:\n```python\ndef f(): pass\n```\nDone.", "", "def f(): pass\n"),
        ("```py\na = 1\n```\nbetter\n```python\nb = 2\n```\nrun\n```bash\nls\n```", "", "b = 2\n"),
        ("```python\ndef f(): pass\n```\nFor example:\n```python\nprint(f())\n```", "f", "def f(): pass\n"),
        ("```python\nclass S:\n    pass\n```\n```python\nS()\n```", "S.run", "class S:\n    pass\n"),
        ("```\nx = 1\n```", "", "x = 1\n"),
        ("```json\n{}\n```", "f", "```json\n{}\n```"),
        ("cut off\n```python\nx = 1", "", "x = 1"),
        ("~~~~python\nx = '''\n```\n'''\n~~~~", "", "x = '''\n```\n'''\n"),
        (
            'def f():\n    """Use:\n```python\nf()\n```\n    """\n',
            "f",
            'def f():\n    """Use:\n```python\nf()\n```\n    """\n',
        ),
        ("", "", ""),
        # Without a fence: what stands before the program is left out.
        (
            "Sort them.\nThen count.\nimport math\n\ndef f(x):\n    return x\n",
            "f",
            "import math\n\ndef f(x):\n    return x\n",
        ),
        ("I keep a table:\nN = 3\ndef f(x):\n    return N\n", "f", "N = 3\ndef f(x):\n    return N\n"),
        ("N = 3\ndef f(x):\n    return N\n", "f", "N = 3\ndef f(x):\n    return N\n"),
        ("Two words.\ndef f(x:\n    return x\n", "f", "def f(x:\n    return x\n"),
        ("Nothing here.", "f", "Nothing here."),
    ],
)
def test_the_program_in_an_answer(text: str, entry_point: str, code: str) -> None:
    assert program_in(text, entry_point) == code


BARE = tuple(
    f"some words\n{text}"
    for text in (
        "def f(\n" * 1_500, "x = " + "(" * 15_000, "x = " + "-" * 15_000 + "1", "x = " + "{[(" * 5_000,
        "x = " + "a." * 7_000 + "b", "x = " + "lambda: " * 1_900 + "1", "x = 1" + "+ 1" * 5_000, "x = f'{" * 2_000,
        "x = 1\n" * 100_000, "x = '\\d'\n" * 1_000, "x = \ud800", "x = \x00",
        "if x:\n" + "".join(" " * i + "if x:\n" for i in range(1, 150)),
    )
)  # fmt: skip


def test_hostile_programs_are_read_in_linear_time() -> None:
    for text in ("```python\n" * 100_000, "```" * 200_000, '"""\n```\n' * 100_000, "`" * 1_000_000, *BARE):
        assert isinstance(program_in(text, "f"), str)
