"""What calls come to: values as literals, exceptions, where a program stopped; and nothing where nothing can run."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from schemas.judge import CameTo
from verifiers.programs.calls import Calls
from verifiers.sandbox.rows import Config, Limits

CODE = """\
def f(x, *more, **named):
    if x == "loop":
        while True:
            pass
    if x == "exit":
        raise SystemExit(3)
    if x == "self":
        return f
    if x == "long":
        return [0] * 10_000
    return {x, *more}, named, 1 / x
"""


@pytest.fixture(scope="module")
def calls() -> Iterator[Calls]:
    one = Calls(Config(), Limits(cpu_s=1.0))
    yield one
    one.close()


def run(calls: Calls, code: str, texts: Sequence[str], name: str = "f") -> list[tuple[str, str]]:
    async def ran() -> Sequence[CameTo]:
        return await calls.run(code, name, texts)

    return [(one.kind, one.text) for one in asyncio.run(ran())]


def test_values_are_literals_with_sets_in_order_and_exceptions_are_named(calls: Calls) -> None:
    came_to = run(calls, CODE, ["(4, 3, 2)", "(2, a='é')", "(0)", "('self')", "('long')"])
    assert came_to[:3] == [
        ("value", "({2, 3, 4}, {}, 0.25)"),
        ("value", "({2}, {'a': 'é'}, 0.5)"),
        ("raised", "ZeroDivisionError: division by zero"),
    ]
    assert [kind for kind, _ in came_to[3:]] == ["unplain", "unplain"]


def test_a_program_that_stops_is_the_last_that_is_heard_of(calls: Calls) -> None:
    assert run(calls, CODE, ["(1)", "('loop')", "(1)"]) == [("value", "({1}, {}, 1.0)"), ("stopped", "timeout")]
    assert run(calls, "def f(:", ["(1)"]) == [("stopped", "error")]
    assert run(calls, CODE, ["(1)"])[0][0] == "value", "the next program runs"


@pytest.mark.parametrize("texts", [[], ["(1)", "(x)"], ["[1]"], [""], ["(" * 10_000]])
def test_calls_that_cannot_be_read_are_not_made(calls: Calls, texts: list[str]) -> None:
    assert run(calls, CODE, texts) == []


def test_many_may_wait_and_who_asks_after_the_end_gets_nothing() -> None:
    one = Calls(Config(), Limits())

    async def together() -> Sequence[Sequence[CameTo]]:
        return await asyncio.gather(*(one.run(CODE, "f", [f"({n})"]) for n in range(1, 9)))

    assert [came_to[0].text[:4] for came_to in asyncio.run(together())] == [f"({{{n}}}" for n in range(1, 9)]
    one.close()
    one.close()
    assert run(one, CODE, ["(1)"]) == []


def test_where_no_sandbox_starts_nothing_is_said() -> None:
    one = Calls(Config(layers=()), Limits())
    assert run(one, CODE, ["(1)"]) == []
    one.close()
