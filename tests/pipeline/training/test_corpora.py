"""What the policies read: the train split only, in the very prompts that generators and runs ask with."""

import re
from itertools import islice

import pytest

from generators.prompts import catalog as prompts
from pipeline.families import catalog
from pipeline.models import model_families
from pipeline.training import corpora, proof_corpus
from pipeline.training.corpora import CORPORA
from verifiers.programs.reading import call_in, value_in

BARE = model_families.find("bare")
PARTS = ("output", "input", "program", "explain", "write", "revise", "critique")
ABOUT_PROOFS = {
    "\nNext:": "tactic",
    "\nSay:": "translate",
    "\nProof:": "formalise",
    "\nWhy:": "diagnose",
    "\nIn words:": "informal",
    "\nFormal:": "formal",
}
"""How the questions of the proof corpus end; a statement alone is to be proved."""


def some(name: str, slip_rate: float, count: int, seed: int = 3) -> list[tuple[str, str]]:
    return list(islice(CORPORA[name].examples(slip_rate, seed), count))


def pattern(part: str) -> re.Pattern[str]:
    """Return what the prompt of a part looks like when its fields are filled."""
    text = re.escape(prompts.default(part, BARE).text)
    # A line that is one empty field is left out: a program may be asked for without any plan.
    text = re.sub(r"(?m)^\\{\w+\\}(\\\n)?", lambda place: f"(?:.+?{place[1] or ''})?", text)
    return re.compile(re.sub(r"\\{\w+\\}", ".+?", text), re.DOTALL)


def part_of(question: str) -> str:
    """Return which part a question of the code corpus asks for."""
    ends = {"Explain.": "explain", "Code:": "write", "Again.": "revise", "Review.": "critique"}
    last = question.splitlines()[-1]
    if last in ends:
        return ends[last]
    return "program" if question.startswith("Write ") else "output" if last.startswith("What does ") else "input"


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_is_a_function_of_its_seed(name: str) -> None:
    assert some(name, 0.1, 40) == some(name, 0.1, 40)
    assert some(name, 0.1, 40) != some(name, 0.1, 40, seed=4)


@pytest.mark.parametrize("name", CORPORA)
def test_the_policy_reads_the_template_of_its_family(name: str) -> None:
    bare = some(name, 0.1, 40)
    made = list(islice(corpora.examples(name, 0.1, 3), 40))
    assert made == [(BARE.template.replace("{prompt}", question), text) for question, text in bare]


@pytest.mark.parametrize("name", ["math", "residues"])
def test_mathematics_is_of_the_train_split(name: str) -> None:
    for question, _ in some(name, 0.08, 400):
        assert catalog.side_of(question) == "train"


def test_programs_are_of_the_train_split_in_whatever_question() -> None:
    seen = set()
    for question, text in some("code", 0.0, 600):
        part = part_of(question)
        if part == "critique" and text != "No bug found.":
            continue  # shown with its bug
        code = text if part in ("write", "program") else question[question.index("def f(") :]
        end = {"explain": "\nExplain.", "critique": "\nReview."}.get(part, "\n\n")
        code = code if part in ("write", "program") else code[: code.index(end)]
        assert catalog.side_of(code) == "train", (part, code)
        seen.add(part)
    assert seen == set(PARTS)


def test_every_question_is_what_a_run_asks() -> None:
    for question, _ in some("code", 0.07, 600):
        part = part_of(question)
        assert pattern(part).fullmatch(question), (part, question)


@pytest.mark.parametrize(("slip_rate", "some_wrong"), [(0.0, False), (0.3, True)])
def test_answers_slip_as_often_as_asked(slip_rate: float, some_wrong: bool) -> None:
    """Of questions whose reference stands in no other place, what is asked for is computed again."""
    wrong = 0
    for question, text in some("code", slip_rate, 300):
        if part_of(question) == "output":
            said = value_in(text)
            called = call_in("Answer: " + question.rpartition("What does ")[2].removesuffix(" return?"))
            assert said is not None and called is not None
            names: dict[str, object] = {}
            exec(question.partition("\n\n")[0], names)  # a program of ours
            wrong += repr(names["f"](*called.meaning.args)) != said.written  # type: ignore[operator, union-attr]
    assert (wrong > 5) is some_wrong


def about_theorems(count: int) -> list[tuple[str, str]]:
    """Return examples of the proof corpus behind the drills that it begins with."""
    return [
        pair for pair in islice(proof_corpus.examples(0.0, 3), proof_corpus._DRILLS + count) if "theorem t" in pair[0]
    ]


def test_theorems_are_of_the_train_split() -> None:
    for question, _ in about_theorems(400):
        assert catalog.side_of(question.splitlines()[0]) == "train"


def test_every_question_about_proofs_is_what_a_run_asks() -> None:
    seen = set()
    for question, _ in islice(proof_corpus.examples(0.0, 4), proof_corpus._DRILLS, proof_corpus._DRILLS + 500):
        end = next((end for end in ABOUT_PROOFS if question.endswith(end)), "")
        part = ABOUT_PROOFS.get(end, "prove")
        if "theorem t" in question or "⊢" in question:
            assert pattern(part).fullmatch(question), (part, question)
            seen.add(part)
    assert seen >= {"prove", "tactic", "translate", "formalise", "diagnose", "informal"}
