"""Prompts are filled in one pass, and a policy is asked by task and by part."""

import pytest

from pipeline.models.scripted import Config, ScriptedModel
from schemas import ids
from schemas.model import SamplingParams
from schemas.pool import Prompt, Sampler


def prompt(text: str) -> Prompt:
    return Prompt(name="test", text=text)


MODEL = ScriptedModel(Config())
SAMPLER = Sampler(
    model=MODEL,
    prompt=prompt("Q: {problem}"),
    params=SamplingParams(),
    prompts={"output": prompt("Out: {problem}"), "write": prompt("{problem}\n{plan}\nCode:")},
)


def test_what_a_field_holds_is_never_filled_again() -> None:
    filled = prompt("{problem}|{code}|{problem}").filled(problem="{code}{problem}", code="{problem}")
    assert filled == "{code}{problem}|{problem}|{code}{problem}"


def test_braces_that_are_no_field_stay() -> None:
    assert prompt(r"\boxed{} {x} {problem} {{problem}}").filled(problem="p") == r"\boxed{} {x} p {p}"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{problem}\n{plan}\nCode:", "p\nCode:"),
        ("{plan}\n{problem}", "p"),
        ("{problem}\n{plan}", "p"),
        ("{problem}\nPlan: {plan}\nCode:", "p\nPlan: \nCode:"),
        ("{problem}\n\n{plan}\n\nCode:", "p\n\n\nCode:"),
    ],
)
def test_a_line_that_is_one_empty_field_is_left_out(text: str, filled: str) -> None:
    assert prompt(text).filled(problem="p", plan="") == filled


def test_a_field_of_several_lines_and_of_white_space_is_kept() -> None:
    assert prompt("{problem}\n{plan}\nCode:").filled(problem="a\n\nb", plan=" ") == "a\n\nb\n \nCode:"


def test_the_question_is_that_of_the_task() -> None:
    decode = MODEL.tokenizer.decode
    assert decode(SAMPLER.ask("1 + 1")) == "Q: 1 + 1\n"
    assert decode(SAMPLER.ask("{problem}", "output")) == "Out: {problem}\n"
    assert decode(SAMPLER.ask("1 + 1", "input")) == "Q: 1 + 1\n", "a task without a prompt of its own"


def test_a_part_is_asked_with_its_fields() -> None:
    assert MODEL.tokenizer.decode(SAMPLER.ask_part("write", problem="p", plan="")) == "p\nCode:\n"
    with pytest.raises(KeyError, match="explain"):
        SAMPLER.ask_part("explain", problem="p")


def test_a_prompt_is_named_with_its_template() -> None:
    assert SAMPLER.prompt_hash() == SAMPLER.prompt_hash(SAMPLER.question("input")) == ids.text_hash("Q: {problem}\n")
    assert SAMPLER.prompt_hash(SAMPLER.question("output")) == ids.text_hash("Out: {problem}\n")


def test_samplers_that_ask_otherwise_are_others_and_all_can_be_in_a_set() -> None:
    other = Sampler(model=MODEL, prompt=SAMPLER.prompt, params=SAMPLER.params)
    assert other != SAMPLER and len({other, SAMPLER}) == 2
