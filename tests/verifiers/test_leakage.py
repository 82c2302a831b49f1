"""Quotations of a program are found wherever they are planted; what only speaks of the same things is no quotation."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.families.small_programs import drawing
from verifiers import leakage
from verifiers.leakage import leak

STATEMENT = "Write f(a, xs).\nf(3, [5, 2]) == 10"
CODE = """\
def f(a, xs):
    # the running total
    total = 0
    for x in xs:
        if x > a and x not in (7, 9):
            total += x
    return total * 2
"""
PLAN = """\
It takes a number a and a list xs and returns a number, as f(3, [5, 2]) shows.
First keep the numbers of xs above a, but for 7 and 9.
Then add them up, starting from 0, and return the total doubled: for 5 this is 10.
If the list is empty, return 0."""


def around(quotation: str) -> str:
    """Return the plan with a line in its middle."""
    first, *rest = PLAN.split("\n")
    return "\n".join([first, quotation, *rest])


def test_a_paraphrase_passes() -> None:
    assert leak(CODE, STATEMENT, PLAN) is None


@pytest.mark.parametrize(
    "line",
    [
        "total = 0",
        "- `total += x`",
        "2. for x in xs:",
        "Step 3: total += x",
        "Then: if x > a and x not in (7, 9):",
        "*return total * 2*",
        "The result is `return total`.",
        "def g(a, xs): return a",
        "from math import prod",
        "out.append(x)",
        "[y for y in xs]",
        "```python",
        "  ~~~",
        "Now we check whether x > a and x not in those.",
        "Keep each x with `x` `>` `a` `and` x not in them.",
        "where x not in (7, 9) holds",
    ],
)
def test_code_is_found(line: str) -> None:
    assert leak(CODE, STATEMENT, around(line)) is not None


@pytest.mark.parametrize(
    "line",
    [
        "Return the total.",
        "- return it",
        "- if even: halve",
        "for each number in the list: add it",
        "While there are numbers left, go on.",
        "Note: the order does not matter.",
        "Result: f(a, xs)",
        "The call f(a, xs) takes a number and a list: f(a, xs) changes neither.",
        "f(3, [5, 2]) == 10",
        "The numbers 7, 9 are left out (7, 9).",
        "It isn't x's turn where x isn't above a; 'total' is what it's called.",
        "What counts is whether x is in xs, not where.",
        "It is not in 7, 9 and above a.",
        "import duties are added to the total",
    ],
)
def test_a_sentence_is_none(line: str) -> None:
    assert leak(CODE, STATEMENT, around(line)) is None


def test_what_the_statement_shows_is_no_quotation_and_the_same_elsewhere_is() -> None:
    head = "def f(a, xs):"
    assert leak(CODE, STATEMENT, head) is not None
    assert leak(CODE, f"Complete this.\n{head}\n", head) is None
    assert leak(CODE, f"Complete this.\n{head}\n", around("total += x")) is not None


def test_constants_in_a_row_are_data() -> None:
    code = "def f(s):\n    return [c for c in s if c in ['a', 'e', 'i', 'o', 'u'] or ord(c) in (1, 2, 3, -5, 8)]"
    assert leak(code, "Write f(s).", "The vowels are ['a', 'e', 'i', 'o', 'u'], and of codes (1, 2, 3, -5, 8).") is None
    assert leak(code, "Write f(s).", "keep those with c in ['a', 'e'") is not None


def test_words_in_strings_and_comments_are_no_code() -> None:
    code = 'def f(x):\n    """Return x if it is not in the set (of those above)."""\n    # go on while x is in it\n    return x'
    for text in ("Return x if it is not in the set (of those above).", "We go on while x is in it."):
        assert leak(code, "Write f(x).", text) is None


def test_the_reason_shows_the_quotation_on_one_short_line() -> None:
    assert leak(CODE, STATEMENT, around("total = 0")) == "it holds a line of code: `total = 0`"
    assert leak(CODE, STATEMENT, "see\nx > a\nand x") == "it quotes the program: `x > a and x`"
    long = leak(CODE, STATEMENT, f"y = {'1 + ' * 60}1")
    assert long is not None and len(long) < 100


def test_plans_of_small_programs_pass_and_any_line_of_their_code_is_found() -> None:
    rng = Random(4)
    for _ in range(300):
        program, other = drawing.draw(rng, rng.randint(1, 5)), drawing.draw(rng, 3)
        statement = f"Write f({program.parts[0].variable})."
        for plan in (program.plan, other.plan):
            assert leak(program.code, statement, "\n".join(plan)) is None
        lines = [line.strip() for line in program.code.splitlines()[1:] if line.strip() != "else:"]
        quotation = rng.choice(("", "- ", "3. ", "Then: ")) + rng.choice(lines)
        assert leak(program.code, statement, "\n".join([*program.plan[:1], quotation, *program.plan[1:]])) is not None


def test_runs_that_are_planted_inside_a_sentence_are_found() -> None:
    rng = Random(5)
    found = 0
    for _ in range(300):
        program = drawing.draw(rng, rng.randint(2, 5))
        tokens = leakage._code_tokens(program.code)
        first = rng.randrange(len(tokens) - leakage.RUN + 1)
        run = tokens[first : first + leakage.RUN]
        source = " ".join(token.text for token in run)
        kinds = {token.kind for token in run}
        tells = "keyword" in kinds or kinds >= {"name", "operator"}
        text = f"What matters here is {source} and nothing besides."
        assert (leak(program.code, "Write it.", text) is not None) == tells
        found += tells
    assert found > 200


@given(st.text(), st.text(), st.text())
def test_any_text_is_read(code: str, statement: str, text: str) -> None:
    leak(code, statement, text)
    leak(CODE, STATEMENT, text)


@pytest.mark.parametrize(
    "text",
    [
        "`a(1` " * 4000,
        "(" * 20_000,
        "'''" * 7000,
        ("-" * 499 + "1=\n") * 40,
        "x(\n" * 8000,
        "\0=",
        "a" * 10**6,
        "=" * 9000,
    ],
)
def test_hostile_text_is_read(text: str) -> None:
    leak(CODE, STATEMENT, text)
    leak(text, STATEMENT, PLAN)
