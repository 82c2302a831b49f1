"""The policies of a run: from the names in a configuration to models and prompts."""

from dataclasses import replace
from pathlib import Path

import pytest

from generators import given, math_shepherd
from pipeline import config as configuration
from pipeline import pool
from pipeline.config import RunConfig
from pipeline.models import scripted, vllm
from pipeline.models.scripted import ScriptedModel
from schemas.errors import ConfigError, ContinuationError
from schemas.model import ModelFamily, ModelInfo

TWO = {"models": {"a": {"engine": "scripted"}, "b": {"engine": "scripted"}}, "policies": [{"model": "a"}]}
THINKS = ModelFamily(name="thinks", template="{prompt}", prompt="solve_bare.v1", thinking=("<t>", "</t>"))


def parsed(**overrides: object) -> RunConfig:
    return configuration.parse(TWO | overrides, "test")


def infos(
    a: ModelFamily | None = None, b: ModelFamily | None = None, *, can_continue: bool = True
) -> dict[str, ModelInfo]:
    info = replace(ScriptedModel(scripted.Config()).info, can_continue=can_continue)
    return {
        "a": replace(info, name="A", family=a or info.family),
        "b": replace(info, name="B", family=b or info.family),
    }


def test_policies_are_built_from_what_the_configuration_says() -> None:
    policies = [{"model": "a", "temperature": 0.5, "max_tokens": 9}, {"model": "b", "prompt": "solve_boxed.v1"}]
    models = {name: ScriptedModel(scripted.Config()) for name in "ab"}
    models["b"].info = infos()["b"]
    found = pool.assemble(parsed(policies=policies, completer={"model": "b", "top_p": 0.5}), models)
    first, second = found.writers
    assert (first.model, first.params.temperature, first.params.max_tokens) == (models["a"], 0.5, 9)
    assert (second.model, second.params.temperature, found.completer.params.top_p) == (models["b"], 1.0, 0.5)
    assert first.prompt.name == models["a"].info.family.prompt and second.prompt.name == "solve_boxed.v1"
    assert len({first.prompt_hash(), second.prompt_hash()}) == 2
    assert "boxed" in models["b"].tokenizer.decode(second.ask("What is 1 + 1?"))


def test_the_same_policy_twice_is_the_same_policy() -> None:
    """So a completer that is one of the writers is known as such, and makes no tries of its own."""
    models = {"a": ScriptedModel(scripted.Config())}
    found = pool.assemble(parsed(completer={"model": "a"}), models)
    assert found.writers == (found.completer,)
    other = pool.assemble(parsed(completer={"model": "a", "temperature": 0.5}), models)
    assert other.writers != (other.completer,)


def test_stop_strings_of_the_family_are_in_the_sampling() -> None:
    model = ScriptedModel(scripted.Config())
    model.info = replace(model.info, family=replace(model.info.family, stop=("\nProblem:",)))
    assert pool.assemble(parsed(), {"a": model}).completer.params.stop == ("\nProblem:",)


def test_an_unknown_prompt_is_named() -> None:
    with pytest.raises(ConfigError, match=r"solve_boxd\.v1.*solve_boxed\.v1"):
        pool.meaning(parsed(policies=[{"model": "a", "prompt": "solve_boxd.v1"}]), infos())


def test_a_completer_that_cannot_continue_is_refused_only_where_it_has_to() -> None:
    with pytest.raises(ContinuationError, match="cannot continue an exact prefix"):
        pool.check(parsed(), infos(can_continue=False))
    pool.check(parsed(generators=[{"labelled": 0}]), infos(can_continue=False))


def test_thoughts_are_continued_by_the_same_family_only() -> None:
    other = parsed(completer={"model": "b"})
    pool.check(other, infos())
    pool.check(other, infos(THINKS, THINKS))
    for families in ((THINKS, None), (None, THINKS), (THINKS, replace(THINKS, template="{prompt}<t>"))):
        with pytest.raises(ConfigError, match="cannot continue the thoughts"):
            pool.check(other, infos(*families))
    pool.check(parsed(completer={"model": "b"}, generators=[{"labelled": 0}]), infos(THINKS))


def test_an_engine_that_is_not_installed_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripted, "missing", lambda: "it is not here; add it with `make it`")
    with pytest.raises(ConfigError, match="models.a.engine = 'scripted': it is not here; add it with `make it`"):
        pool.resolved(parsed())


def test_gpus_are_those_of_the_models_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripted, "gpus", lambda _: 0.5)
    assert pool.gpus(parsed()) == 0.5
    assert pool.gpus(parsed(completer={"model": "b"})) == 1.0
    assert pool.gpus_of(parsed()) == {"a": 0.5}
    assert pool.gpus_of(parsed(completer={"model": "b"})) == {"a": 0.5, "b": 0.5}


def test_the_text_of_a_prompt_file_travels_with_the_run(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("Solve {problem} please\n")
    config, _ = pool.resolved(parsed(policies=[{"model": "a", "prompt": str(path)}]))
    path.unlink()
    model = ScriptedModel(scripted.Config())
    found = pool.assemble(config, {"a": model}).completer
    assert found.prompt.text == "Solve {problem} please"
    same = parsed(policies=[{"model": "a", "prompt": "Solve {problem} please"}])
    assert pool.meaning(config, infos()) == pool.meaning(same, infos())


CHATS = ModelFamily(name="chats", template="<user>{prompt}<model>", prompt="solve_boxed.v1")


def asked(config: RunConfig) -> dict[str, str]:
    """Return the names of the prompts that model `b`, which chats, is asked with."""
    model = ScriptedModel(scripted.Config())
    model.info = replace(model.info, family=CHATS)
    found = pool.assemble(config, {"b": model}).completer
    return {"solve": found.prompt.name} | {part: prompt.name for part, prompt in found.prompts.items()}


def of_b(**policy: object) -> RunConfig:
    return parsed(policies=[{"model": "b", **policy}])


QUESTIONS = {"solve": "solve_boxed.v1", **{task: f"{task}_chat.v1" for task in ("output", "input", "program", "prove")}}


def test_each_task_is_asked_in_the_style_of_the_family() -> None:
    assert asked(of_b()) == QUESTIONS
    assert set(asked(of_b(prompt="solve_plain.v1")).values()) == {"solve_plain.v1"}, "what is named holds for all tasks"
    one = of_b(prompt="solve_plain.v1", prompts={"output": "output_plain.v1"})
    assert asked(one) == dict.fromkeys(QUESTIONS, "solve_plain.v1") | {"output": "output_plain.v1"}


def test_the_parts_of_the_runs_generators_are_loaded_and_may_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(math_shepherd, "PARTS", ("write", "explain"))
    assert asked(of_b()) == QUESTIONS | {"explain": "explain_chat.v1", "write": "write_chat.v1"}
    own = of_b(prompts={"write": "write_plain.v1", "critique": "critique_plain.v1"})
    assert asked(own) == QUESTIONS | {"explain": "explain_chat.v1", "write": "write_plain.v1"}
    with pytest.raises(ConfigError, match=r"prompts\.write must hold \{plan\} exactly once"):
        asked(of_b(prompts={"write": "Write {problem}"}))


def test_every_prompt_that_a_run_may_ask_with_is_in_its_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pool.meaning(parsed(), infos())
    replaced = parsed(policies=[{"model": "a", "prompts": {"output": "Say {problem}"}}])
    assert before != pool.meaning(replaced, infos())
    unused = parsed(policies=[{"model": "a", "prompts": {"write": "{problem} {plan}"}}])
    assert pool.meaning(unused, infos()) == before, "no generator of the run asks this part"
    monkeypatch.setattr(math_shepherd, "PARTS", ("write",))
    assert len({str(pool.meaning(config, infos())) for config in (parsed(), unused)} | {str(before)}) == 3


def test_the_text_of_a_parts_file_travels_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(math_shepherd, "PARTS", ("write",))
    path = tmp_path / "mine.txt"
    path.write_text("Write {problem} by {plan}\n")
    config, _ = pool.resolved(parsed(policies=[{"model": "a", "prompts": {"write": str(path)}}]))
    path.unlink()
    found = pool.assemble(config, {"a": ScriptedModel(scripted.Config())}).completer
    assert found.prompts["write"].text == "Write {problem} by {plan}"


def test_only_generators_that_continue_prefixes_need_a_completer_that_can() -> None:
    unable = infos(can_continue=False)
    neither = [{"labelled": 0}, {"name": "given", "samples": 0}]
    pool.check(parsed(generators=neither), unable)
    with pytest.raises(ContinuationError, match="which step labels by given need"):
        pool.check(parsed(generators=[neither[0], {"name": given.NAME}]), unable)


@pytest.mark.parametrize(
    ("wants", "visible", "shares"),
    [
        ((1.0, 1.0), "4,7", {"a": "4", "b": "7"}),
        ((0.5, 0.5), "3", {"a": "3", "b": "3"}),
        ((2.0, 1.0), "0,1,2", {"a": "0,1", "b": "2"}),
        ((0.0, 1.0), "5", {"b": "5"}),
        ((1.0, 1.0), "", {}),
    ],
)
def test_models_of_one_actor_share_out_its_gpus(
    monkeypatch: pytest.MonkeyPatch, wants: tuple[float, float], visible: str, shares: dict[str, str]
) -> None:
    monkeypatch.setattr(vllm, "gpus", lambda config: config.gpu_fraction)
    models = {name: {"engine": "vllm", "vllm": {"gpu_fraction": want}} for name, want in zip("ab", wants, strict=True)}
    assert pool.devices(parsed(models=models, completer={"model": "b"}), visible) == shares
