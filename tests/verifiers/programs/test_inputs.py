"""Extra inputs: found in tests, prompts and annotations, of the same types, and always the same."""

from typing import Any

import pytest

from verifiers.programs.inputs import annotated, examples, extra


def test_examples_are_the_literal_arguments_of_calls() -> None:
    test = """
def check(candidate):
    assert candidate([1.0, -2], "a") == 3
    assert candidate([1.0, -2], "a") == 3
    assert not candidate([], x) and abs(f((1, 2), "b") - 1) < 2
    assert candidate(*rows) and other(5, 5) and s.f({}, "c")
"""
    assert examples(test, "Solution.f") == [([1.0, -2], "a"), ((1, 2), "b"), ({}, "c")]
    prompt = 'def f(x):\n    """Do.\n    >>> f(4)\n    5\n    >>> f(broken\n    """\n'
    assert examples("def check(candidate): pass", "f", prompt) == [(4,)]


@pytest.mark.parametrize(
    ("signature", "found"),
    [
        ("a: int, b: str", [(3, "Hello world")]),
        ("self, xs: List[int], flag: bool", [([3, 3, 3], True)]),
        ("d: dict[str, float]", [({"Hello world": 1.5},)]),
        ("x: typing.Optional[int], y: int | None, t: Tuple[int, str]", [(3, 3, (3, "Hello world"))]),
        ("x: list", [([1, 2, 1, 2, 1, 2],)]),
        ("x: Whatever", []),
        ("x", []),
        ("", []),
    ],
)
def test_annotations_serve_where_there_are_no_examples(signature: str, found: list[object]) -> None:
    assert annotated(f"def f({signature}):\n    return 1\n", "f") == found


def test_extra_inputs_are_new_of_the_same_types_and_the_same_every_time() -> None:
    given: list[Any] = [([3, 1, 2], "ab"), ([5], "c")]
    made: list[Any] = extra(given, count=60, seed=3)
    assert made == extra(given, count=60, seed=3) != extra(given, count=60, seed=4)
    assert made[:2] == given and len(made) == 62
    assert len({repr(one) for one in made}) == len(made)
    assert all(isinstance(xs, list) and isinstance(word, str) for xs, word in made)
    lists = [xs for xs, _ in made]
    assert (
        [] in lists
        and [2, 1, 3] in lists
        and any(len(xs) > 3 for xs in lists)
        and any(xs[:1] == xs[1:] for xs in lists)
    )
    assert any(word == "" for _, word in made)


def test_borders_come_first() -> None:
    numbers = [args[0] for args in extra([(7,)], count=12)]
    assert {0, 1, -1, 6, 8, -7} <= set(numbers)
    assert extra([], count=5) == []


def test_nothing_that_can_be_written_breaks_it() -> None:
    values: Any = ({"a": [1, (2, None)]}, {1, 2}, (), b"x", True, -0.0, 1e308, "", [[]], {}, None, 10**50)
    assert len(extra([values], count=100)) > 50
    long: Any = (list(range(10**6)),)
    assert extra([long], count=100) == [long]
    assert examples("f(" * 5_000, "f") == [] and annotated("(" * 5_000, "f") == []
