"""Near-identical traces: what is one, what never is, which is kept, and that it costs time in proportion to the text."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import near_duplicates
from pipeline.near_duplicates import marked
from schemas.trace import Trace
from tests.doubles import text_of
from tests.rows import a_last_step, a_step, a_trace

# Fifty words and a few numbers: one word of them may differ.
LONG = (
    "Janet starts the day with 16 eggs from her ducks. She eats 3 of them for breakfast and bakes muffins for her "
    "friends with 4 of them. So what remains for the market is 16 - 3 - 4 = 9 eggs. At the market every fresh egg brings "
    "her 2 dollars, and therefore she makes 9 * 2 = 18 dollars on each day of the week.\nAnswer: 18\n"
)

# Any in this module: overrides of dataclass fields by name.


def one(name: str, text: str, **overrides: Any) -> Trace:
    """Return a trace whose steps are the lines of `text`."""
    steps = tuple(a_step(line) for line in text.splitlines(keepends=True))
    return a_trace(name, **{"steps": steps} | overrides)


def named(*traces: Trace) -> dict[str, str | None]:
    return {trace.trace_id: trace.duplicate_of for trace in marked(traces)}


def same(first: str, second: str, **overrides: Any) -> bool:
    """Whether one of two texts is marked as a duplicate of the other."""
    found = named(one("a", first, **overrides), one("b", second, **overrides))
    assert found in ({"a": None, "b": None}, {"a": None, "b": "a"}, {"a": "b", "b": None})
    return any(found.values())


@pytest.mark.parametrize(
    "other",
    [
        LONG,
        LONG.upper(),
        LONG.replace(" ", "  \t").replace("\n", "\n\n"),
        " ".join(LONG.split()),
        LONG.replace(".", "").replace(",", ""),
        LONG.replace("16 - 3 - 4 = 9", "16-3-4=9"),
        "**" + LONG.replace("Answer:", "**Answer:** "),
        LONG.replace("18\n", "**18**.\n"),
        LONG.replace("therefore", "consequently"),
        LONG.replace("for breakfast", "at breakfast"),
        LONG.replace("16 eggs", "$16 eggs"),
        "Well, " + LONG,
    ],
)
def test_texts_that_say_the_same_are_duplicates(other: str) -> None:
    assert same(LONG, other)
    assert same(other, LONG)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("9 * 2 = 18", "9 * 2 = 19"),
        ("bakes muffins for her friends with 4", "bakes muffins for her friends with 5"),
        ("9 * 2", "9 + 2"),
        ("16 - 3 - 4", "16 - (3 - 4)"),
        ("16 - 3 - 4", "16 - 4 - 3"),
        ("2 dollars", "2% dollars"),
        ("2 dollars", ".2 dollars"),
        ("2 dollars", "2.0 dollars"),
        ("= 9 eggs", "≠ 9 eggs"),
        ("= 9 eggs", "= 9! eggs"),
        ("= 9 eggs", "= x eggs"),
        ("every fresh egg", "no fresh egg"),
        ("her ducks", "her two ducks"),
        ("for breakfast", "before breakfast"),
    ],
)
def test_a_symbol_or_a_telling_word_that_differs_makes_another_trace(old: str, new: str) -> None:
    assert old in LONG
    assert not same(LONG, LONG.replace(old, new))


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("big", "raw", True),
        ("it's", "he's", True),
        ("it's", "isn't", False),
        ("свежее", "тухлое", False),
        ("k", "big", False),
    ],
)
def test_which_words_of_a_long_text_may_differ(first: str, second: str, alike: bool) -> None:
    assert same(LONG.replace("fresh", first), LONG.replace("fresh", second)) == alike


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("It is not right to add them", "It isn't right to add them"),
        ("x_1 = 5", "x_2 = 5"),
        ("Let x be it", "Let y be it"),
        ("f(x) = 2", "f'(x) = 2"),
        ("2**3", "2*3"),
        ("2 ** 3", "2 3"),
        ("2 * 3", "2 3"),
        ("1,000", "1,00"),
        ("\\sin x", "\\cos x"),
        ("5!", "5"),
        ("3:45", "3 45"),
        ("答案是正的", "答案是负的"),
        ("", "5"),
    ],
)
def test_short_texts_that_differ_in_a_symbol_are_not(first: str, second: str) -> None:
    assert not same(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("It costs $1,000.", "it costs 1000"),
        ("**Step 1:** add", "Step 1: Add!"),
        ("Janet's ducks", "janet’s ducks"),
        ("a well-known rule", "A well known rule"),
        ("There are eggs.5 of them", "There are eggs. 5 of them"),
        ("", " \n"),
        ("Größe 5", "GRÖSSE 5"),
    ],
)
def test_short_texts_that_differ_in_how_they_are_written_are(first: str, second: str) -> None:
    assert same(first, second)


@pytest.mark.parametrize(
    "overrides",
    [
        {"outcome": "rejected"},
        {"status": "another"},
        {"role": "summary"},
        {"answer": "3"},
        {"answer": None},
        {"first_error": 0},
        {"problem_id": "p2"},
        {"parent_trace_id": "elsewhere"},
    ],
)
def test_a_label_that_differs_makes_another_trace(overrides: dict[str, Any]) -> None:
    assert named(one("a", LONG), one("b", LONG, **overrides)) == {"a": None, "b": None}


def test_how_an_answer_is_written_is_no_label() -> None:
    assert named(one("a", LONG, answer="$1,800"), one("b", LONG, answer="1800")) == {"a": None, "b": "a"}


def test_generators_and_policies_may_differ() -> None:
    assert named(one("a", LONG), one("b", LONG, generator="zeta", sample_index=9)) == {"a": None, "b": "a"}


PROGRAM = "def f(x):\n    if x:\n        return 1\n    return max(x, 2)\n"


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (PROGRAM.replace("    ", "\t"), True),
        (PROGRAM.replace("    if", "\tif"), True),
        (PROGRAM.replace("    ", "  ") + "\n\n", True),
        (PROGRAM.replace("x, 2", "x,  2"), True),
        (PROGRAM.replace("max", "min"), False),
        (PROGRAM.replace("x", "X"), False),
        (PROGRAM.replace("    return max", "        return max"), False),
        (PROGRAM.replace("(x, 2)", "(x 2)"), False),
        (PROGRAM.replace(":\n", ": "), False),
    ],
)
def test_in_programs_all_counts_but_blank_space(other: str, alike: bool) -> None:
    for domain in ("code", "proof"):
        assert same(PROGRAM, other, domain=domain) == alike
    padded = "first we look at the input and say what it is " * 12
    assert same(padded + "then max", padded + "then least of all max", domain="code") is False


def test_prose_about_programs_is_prose() -> None:
    assert same(LONG, LONG.replace("therefore", "consequently"), domain="code", role="plan")
    assert not same(LONG, LONG.replace("therefore", "consequently"), domain="code", role="solution")


# Which is kept


def test_the_first_sample_is_kept_whatever_the_order() -> None:
    traces = [one(name, LONG, sample_index=index) for index, name in enumerate("cab")]
    for order in (traces, traces[::-1], [traces[1], traces[2], traces[0]]):
        assert named(*order) == {"c": None, "a": "c", "b": "c"}


def test_copies_of_a_duplicate_name_the_kept_one_too() -> None:
    texts = [LONG, LONG.replace("fresh", "big"), LONG.replace("fresh", "big").upper(), LONG.replace("fresh", "big")]
    found = named(*(one(name, text, sample_index=i) for i, (name, text) in enumerate(zip("abcd", texts, strict=True))))
    assert found == {"a": None, "b": "a", "c": "a", "d": "a"}


def test_what_was_marked_before_does_not_count() -> None:
    found = marked([one("a", LONG, duplicate_of="elsewhere"), one("b", LONG, duplicate_of=None, sample_index=1)])
    assert [trace.duplicate_of for trace in found] == [None, "a"]


def test_the_one_with_most_evidence_is_kept() -> None:
    bare = one("a", LONG, steps=(a_step(LONG, n_rollouts=0, n_correct=0, stop_reason="not_chosen"),))
    few = one("b", LONG, steps=(a_step(LONG, n_rollouts=16, n_undecided=14, n_correct=2),), sample_index=1)
    many = one("c", LONG, steps=(a_step(LONG, n_rollouts=8),), sample_index=2)
    assert named(bare, few, many) == {"a": "c", "b": "c", "c": None}
    assert named(bare, few) == {"a": "b", "b": None}
    implied = one("d", LONG, steps=(a_step(LONG, n_rollouts=0, n_correct=0, stop_reason="implied_positive"),))
    assert named(bare, implied) == {"a": "d", "d": None}


def test_a_try_that_was_revised_is_kept_and_stays_the_parent() -> None:
    first, second = one("a", LONG), one("b", LONG, sample_index=1)
    revision = one("r", "Answer: 18\n", role="revision", parent_trace_id="b", sample_index=2)
    found = marked([first, second, revision])
    assert [trace.duplicate_of for trace in found] == ["b", None, None]
    assert found[2].parent_trace_id == "b"


def test_what_was_made_from_duplicates_may_be_a_duplicate() -> None:
    parents = [one("a", LONG), one("b", LONG, sample_index=1), one("c", "Answer: 18\n", sample_index=2)]
    made = [
        one(f"r{parent}", "No bug found.", role="critique", parent_trace_id=parent, sample_index=3 + place)
        for place, parent in enumerate("abc")
    ]
    assert named(*made, *parents) == {"a": None, "b": "a", "c": None, "ra": None, "rb": "ra", "rc": None}


def test_a_reference_is_kept_before_what_a_model_wrote() -> None:
    written, known = one("a", LONG, role="critique"), one("b", LONG, role="critique", sample_index=1)
    known = replace(known, policy=replace(known.policy, engine="reference"))
    assert named(written, known) == {"a": "b", "b": None}


def test_parents_that_go_in_a_circle_are_no_trouble() -> None:
    circle = [one(name, LONG, parent_trace_id=parent) for name, parent in ("ab", "bc", "ca", "dd")]
    assert set(named(*circle).values()) == {None}
    made = [one(name, LONG, parent_trace_id="a", role="summary") for name in "xy"]
    assert named(*circle, *made) == dict.fromkeys("abcdx") | {"y": "x"}
    chain = [one(f"t{i}", LONG, parent_trace_id=f"t{i - 1}" if i else None, sample_index=i) for i in range(300)]
    assert set(named(*chain).values()) == {None}


# Properties

SENTENCE = "we see that the sum of all eggs is then sold for so much money at her market and not x"
words = st.sampled_from(SENTENCE.split()) | st.integers(0, 30).map(str) | st.sampled_from(["+", "=", "(", ")", "*"])
texts = st.lists(words, max_size=20).map(" ".join)
variants = st.tuples(st.sampled_from([0, 1, 2]), st.integers(0, 60), words)


@st.composite
def families(draw: st.DrawFn) -> list[Trace]:
    """Draw traces around few texts: copies with words put in, replaced or left out, of several roles and outcomes."""
    long = " ".join(re.findall(r"\w+|[-+*=]", LONG))
    bases = draw(st.lists(texts | st.just(long), min_size=1, max_size=3))
    traces = []
    for index in range(draw(st.integers(1, 9))):
        found = draw(st.sampled_from(bases)).split()
        kind, place, word = draw(variants)
        if found and kind:
            place %= len(found)
            found[place : place + (kind == 1)] = [word]
        labels = draw(st.sampled_from([("solution", "accepted"), ("solution", "rejected"), ("summary", "accepted")]))
        parent = draw(st.none() | st.integers(0, 9).map(str))
        steps = (a_step(" ".join(found), n_rollouts=draw(st.sampled_from([0, 4, 8])), n_correct=0),)
        traces.append(
            a_trace(
                str(index),
                sample_index=index,
                role=labels[0],
                outcome=labels[1],
                parent_trace_id=parent,
                steps=steps,
                answer=None,
            )
        )
    return traces


@settings(max_examples=100, deadline=None)
@given(families(), st.randoms(use_true_random=False))
def test_the_kept_are_kept_and_the_order_says_nothing(traces: list[Trace], rng: random.Random) -> None:
    found = marked(traces)
    kept = {trace.trace_id: trace for trace in found if trace.duplicate_of is None}
    for before, after in zip(traces, found, strict=True):
        assert text_of(before) == text_of(after) and before.trace_id == after.trace_id
        if after.duplicate_of is not None:
            keeper = kept[after.duplicate_of]
            assert (keeper.role, keeper.outcome) == (after.role, after.outcome)
            assert symbols(text_of(keeper)) == symbols(text_of(after))
    assert marked(found) == found
    shuffled = list(traces)
    rng.shuffle(shuffled)
    assert named(*shuffled) == {trace.trace_id: trace.duplicate_of for trace in found}


TOLD = ("all", "and", "each", "every", "not", "sum", "times", "x")


def symbols(text: str) -> list[str]:
    return [word for word in text.split() if not word.isalpha() or word.lower() in TOLD]


@settings(max_examples=100, deadline=None)
@given(texts, st.lists(st.sampled_from([" ", "\n", "  ", "\t", " \n\n "]), min_size=20, max_size=20))
def test_white_space_never_matters(text: str, spaces: list[str]) -> None:
    found = text.split(" ")
    other = "".join(word + space for word, space in zip(found, spaces, strict=False))
    assert same(text, other)


@settings(max_examples=100, deadline=None)
@given(st.lists(words, min_size=1, max_size=300), st.integers(0, 299), st.integers(100, 10**9))
def test_another_number_always_matters(found: list[str], place: int, number: int) -> None:
    place %= len(found)
    first, second = found.copy(), found.copy()
    first[place], second[place] = str(number), str(number + 1)
    assert not same(" ".join(first), " ".join(second))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=60), st.sampled_from(["math", "code"])), max_size=6))
def test_any_text_is_compared_with_any_other(found: Sequence[tuple[str, str]]) -> None:
    traces = [
        a_trace(str(i), steps=(a_last_step(text),), answer=text, domain=domain)
        for i, (text, domain) in enumerate(found)
    ]
    first: dict[tuple[str, str], str] = {}
    for trace, pair in zip(marked(traces), found, strict=True):
        keeper = first.setdefault(pair, trace.trace_id)
        assert keeper == trace.trace_id or trace.duplicate_of is not None, "the same text is always a duplicate"


# Limits


def test_the_same_tokens_are_duplicates_beyond_every_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "MOST_TOKENS", 10)
    assert same(LONG, LONG.upper())
    assert not same(LONG, LONG.replace("therefore", "consequently"))


def test_comparisons_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def unlike(*pair: object) -> bool:
        made.append(pair)
        return False

    monkeypatch.setattr(near_duplicates, "_similar", unlike)
    rng = random.Random(0)
    common = [f"common{i}" for i in range(40)]
    texts = [[word for word in common if rng.random() < 0.95] for _ in range(200)]
    monkeypatch.setattr(near_duplicates, "COMPARED", 5)
    near_duplicates._nearest(texts)
    assert 3 * len(texts) < len(made) <= 5 * len(texts)


def test_a_text_of_less_than_one_run_is_a_run() -> None:
    long = [f"word{i}" for i in range(60)]
    assert near_duplicates._nearest([["so"], long, [], ["so", "far"], ["so"], long]) == [0, 1, 2, 3, 0, 1]


def test_every_pair_that_is_similar_enough_is_found() -> None:
    """The prefix filter leaves none out: against all pairs."""
    rng = random.Random(1)
    letters = [re.sub(r"\d", lambda digit: "abcdefghij"[int(digit[0])], f"w{i:03d}") for i in range(200)]
    base = rng.choices(letters, k=60)
    texts = [[word if rng.random() > rate else rng.choice(letters) for word in base] for rate in [0.01, 0.02] * 12]
    runs = [{tuple(text[i : i + 5]) for i in range(56)} for text in texts]
    expected: list[int] = []
    for place, own in enumerate(runs):
        alike = (i for i in sorted(set(expected)) if 5 * len(own & runs[i]) >= 4 * len(own | runs[i]))
        expected.append(next(alike, place))
    found = near_duplicates._nearest(texts)
    assert found == expected
    assert 1 < len(set(found)) < len(texts)
