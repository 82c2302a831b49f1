"""Configurations: what is written is what runs, and what cannot run is refused with the key and the remedy."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generators.catalog import GENERATORS
from pipeline import config
from pipeline.code import ROOT
from pipeline.config import GeneratorConfig, RunConfig
from pipeline.models.catalog import ENGINES
from schemas import ids
from schemas.errors import ConfigError
from tests.doubles import a_problem

READY_MADE = sorted((ROOT / "jobs" / "configs").glob("*.toml"))


def parsed(text: str) -> RunConfig:
    return config.parse(tomllib.loads(text), "my.toml")


@pytest.mark.parametrize("path", READY_MADE, ids=lambda path: str(path.name))
def test_every_ready_made_configuration_loads(path: Path) -> None:
    loaded = config.load(path)
    assert loaded.problems > 0
    assert all(isinstance(row.config, GENERATORS[row.name].Config) for row in loaded.generators)
    for model in loaded.models.values():
        assert all(isinstance(options, ENGINES[name].Config) for name, options in model.options.items())
    json.dumps(loaded.as_dict())


def test_there_are_ready_made_configurations() -> None:
    assert {path.stem for path in READY_MADE} >= {"local", "label"}


def test_an_empty_file_is_the_defaults() -> None:
    found = parsed("")
    assert found.generators == (GeneratorConfig(name="math_shepherd", config=GENERATORS["math_shepherd"].Config()),)
    assert found.models == {"math": config.ModelConfig()}
    assert found.policies == (found.completer,) == (config.PolicyConfig(model="math"),)
    assert (found.seed, found.problems) == (RunConfig().seed, RunConfig().problems)


def test_what_is_written_is_what_runs() -> None:
    found = parsed(
        'seed = 7\nproblems = 3\n[source]\nfamilies = ["linear"]\ndifficulties = [4]\nsplit = "train"\n'
        '[models.a]\nengine = "scripted"\n[models.a.scripted]\nslip_rate = 1\n[models.a.price]\nhour = 2\n'
        '[models.b]\npolicy = "b"\n[[policies]]\nmodel = "a"\ntemperature = 1\n[[policies]]\nmodel = "b"\ntop_p = 0.5\n'
        '[completer]\nmodel = "b"\n[[generators]]\nname = "given"\nrollouts = 5\n'
        '[[generators]]\nname = "math_shepherd"\n[flow]\nray = false\n'
    )
    assert (found.seed, found.problems, found.flow.ray) == (7, 3, False)
    assert (found.source.families, found.source.difficulties, found.source.split) == (("linear",), (4,), "train")
    slip_rate = found.models["a"].engine_config.slip_rate
    assert slip_rate == 1.0 and isinstance(slip_rate, float)
    assert (found.models["a"].price.hour, found.models["b"].engine, found.models["b"].policy) == (2.0, "auto", "b")
    assert [(one.model, one.temperature, one.top_p) for one in found.policies] == [("a", 1.0, 1.0), ("b", 1.0, 0.5)]
    assert found.completer == config.PolicyConfig(model="b")
    assert [row.name for row in found.generators] == ["given", "math_shepherd"]
    assert [row.config.rollouts for row in found.generators] == [5, 8]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("problem = 3", "unknown key problem; did you mean 'problems'?"),
        ("[sources]", "unknown key sources; did you mean 'source'?"),
        ("[source]\nfamilys = []", "unknown key source.familys; did you mean 'families'?"),
        ("[[generators]]\nrolouts = 3", "unknown key generators.math_shepherd.rolouts; did you mean 'rollouts'?"),
        ("[models.a.openvino]\nmax_seqs = 3", "unknown key models.a.openvino.max_seqs; did you mean 'max_num_seqs'?"),
        ('[models.a]\nengine = "openvno"', "models.a.engine = 'openvno'; did you mean 'openvino'?"),
        ('[[generators]]\nname = "mathshepherd"', "generators.name = 'mathshepherd'; did you mean 'math_shepherd'?"),
        ('[source]\nfamilies = ["linar"]', "source.families has 'linar'; did you mean 'linear'?"),
        ("[flow]\nzzz = 1", "unknown key flow.zzz; known: "),
        ('seed = "1"', "seed = '1' must be of type int"),
        ("seed = 1.0", "seed = 1.0 must be of type int"),
        ("problems = true", "problems = True must be of type int"),
        ("max_tokens_total = 1.5", "max_tokens_total = 1.5 must be of type int"),
        ("[flow]\nray = 1", "flow.ray = 1 must be of type bool"),
        ('[source]\nfamilies = "linear"', "source.families must be a list"),
        ("[source]\nfamilies = [1]", "source.families = 1 must be of type str"),
        ('[source]\ndifficulties = ["2"]', "source.difficulties = '2' must be of type int"),
        ("[verifiers.answer]", "unknown key verifiers.answer; did you mean 'answers'?"),
        ("[verifiers.answers]\nunit_dropped = true", "unknown key verifiers.answers.unit_dropped; did you mean"),
        ("[verifiers.answers]\nunits_dropped = 1", "verifiers.answers.units_dropped = 1 must be of type bool"),
        ("verifiers = 3", "[verifiers] must hold tables"),
        (
            "[[generators]]\nkeep_rollout_text = 0",
            "generators.math_shepherd.keep_rollout_text = 0 must be of type bool",
        ),
        ('[[policies]]\ntemperature = "hot"', "policies.temperature = 'hot' must be of type float"),
        ("source = 3", "[source] must be a table"),
        ("generators = 3", "generators must be one table or more, as [[generators]]"),
        ("generators = []", "generators must be one table or more"),
        ("generators = [3]", "generators must be one table or more"),
        ("[generators]\nname = 'given'", "generators must be one table or more"),
        ("[generator]\nname = 'given'", "unknown key generator; did you mean 'generators'?"),
        ("[[generators]]\n[[generators]]", "generators has 'math_shepherd' 2 times"),
        ("[[generators]]\nname = 3", "generators.name"),
        ("[models.a]\nengine = 3", "models.a.engine = 3 must be of type str"),
        ("[models.a]\npolcy = 3", "unknown key models.a.polcy; did you mean 'policy'?"),
        ("[models.a.openvio]", "unknown key models.a.openvio; did you mean 'openvino'?"),
        ("[models]\na = 3", "models.a = 3 must be a table"),
        ("[models]", "[models] must hold at least one table"),
        ("[models.a.price]\nhour = -1", "models.a.price.hour must be an amount of dollars"),
        ("[models.a.price]\nprompts = 1", "unknown key models.a.price.prompts; did you mean 'prompt'?"),
        ("[models.a.openvino]\nmax_num_seqs = 0", "models.a.openvino.max_num_seqs = 0; it must be at least 1"),
        ("[[policies]]\nmodel = 'maths'", "policies: model = 'maths'; did you mean 'math'?"),
        ("[models.a]\n[models.b]\n[completer]\ntop_p = 1", "completer: say which model; there are a, b"),
        ("[[policies]]\ntemprature = 1", "unknown key policies.temprature; did you mean 'temperature'?"),
        ("[[policies]]\nprompts = 3", "policies.prompts must be a table"),
        ("[[policies]]\nprompts = { explain = 3 }", "policies.prompts.explain = 3 must be of type str"),
        ("[completer]\nprompts = { explian = 'x' }", "unknown key prompts.explian; did you mean 'explain'?"),
        ("policies = 3", "policies must be a list"),
        ("completer = 3", "[completer] must be a table"),
        ("[source]\nfamilies = []", "source.families"),
        ("[source]\ndifficulties = []", "source.difficulties"),
        ("[source]\ndifficulties = [2, 6]", "source.difficulties has 6; the family 'words' has 2, 3, 4, 5"),
        ("[source]\ndifficulties = [1]", "source.difficulties"),
        ("[source]\ndifficulties = [9]", "source.difficulties"),
        ('[source]\nsplit = "validation"', "source.split"),
        ("problems = 0", "problems = 0; it must be at least 1"),
        ("[flow]\nengines = 0", "flow.engines = 0"),
        ("[flow]\nproblems_in_flight = 0", "flow.problems_in_flight = 0"),
        ("[flow]\nproblems_per_shard = 0", "flow.problems_per_shard = 0"),
        ("[[generators]]\nrollouts = 0", "generators.math_shepherd.rollouts = 0; it must be at least"),
        ("[[generators]]\nwaves = []", "generators.math_shepherd.waves is empty"),
        ("[[generators]]\nwaves = [2, 0]", "generators.math_shepherd.waves = 0; it must be at least 1"),
        ('[[generators]]\nstrategy = "first"', "generators.math_shepherd.strategy = 'first'; did you mean"),
        (
            "[[policies]]\n[completer]\ntemperature = 0.5\n[[generators]]\nshare = true",
            "generators.math_shepherd.share: the completer is none of the policies",
        ),
        ("[[policies]]\nmax_tokens = 0", "policy of model 'math': max_tokens = 0"),
        ("[[generators]]\nsamples = -1", "generators.math_shepherd.samples = -1; it must be at least"),
        ("[[generators]]\nlabelled = -1", "generators.math_shepherd.labelled = -1; it must be at least"),
        ("[[policies]]\ntemperature = -0.5", "policy of model 'math': temperature = -0.5"),
        ("[[policies]]\ntemperature = nan", "policy of model 'math': temperature = nan"),
        ("[completer]\ntemperature = inf", "policy of model 'math': temperature = inf"),
        ("[[policies]]\ntop_p = 0", "policy of model 'math': top_p = 0"),
        ("[completer]\ntop_p = 1.5", "policy of model 'math': top_p = 1.5"),
    ],
)
def test_what_cannot_run_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    assert str(caught.value).startswith("my.toml: ")
    assert says in str(caught.value)


@pytest.mark.parametrize("content", [b"seed = ", b"[source\n", b"\xff\xfe", b"seed = 1\nseed = 2"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"broken\.toml"):
        config.load(path)


def test_a_missing_file_says_where_the_ready_made_ones_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.toml: no such file; .*jobs/configs/"):
        config.load(tmp_path / "no.toml")
    with pytest.raises(ConfigError):
        config.load(tmp_path)


# What the data means


def meaning(text: str) -> str:
    return ids.digest(parsed(text).meaning())


@pytest.mark.parametrize(
    "text",
    [
        "problems = 7",
        "max_tokens_total = 100",
        "[flow]\nray = false\nengines = 3\nproblems_in_flight = 2\nproblems_per_shard = 1",
        "[models.math.openvino]\nmax_num_seqs = 3\nthreads = 1\nstall_s = 5.0",
        '[[generators]]\nname = "math_shepherd"\nsamples = 8',
    ],
)
def test_how_a_run_is_carried_out_is_not_what_its_data_means(text: str) -> None:
    assert meaning(text) == meaning("")


@pytest.mark.parametrize(
    "text",
    [
        "seed = 1",
        '[source]\nfamilies = ["linear"]',
        "[source]\ndifficulties = [2]",
        '[source]\nsplit = "train"',
        '[source]\npath = "x.jsonl"',
        '[[generators]]\nname = "given"',
        "[[generators]]\nsamples = 9",
        "[[generators]]\nlabelled = 1",
        "[[generators]]\nrollouts = 9",
        "[[generators]]\nkeep_rollout_text = false",
        '[[generators]]\n[[generators]]\nname = "given"',
    ],
)
def test_what_changes_the_data_changes_its_meaning(text: str) -> None:
    assert meaning(text) != meaning("")


def test_a_new_version_of_a_generator_is_another_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    before = meaning("")
    monkeypatch.setattr(GENERATORS["math_shepherd"], "VERSION", 99)
    assert meaning("") != before


def test_a_problem_goes_through_the_generators_that_take_its_task(monkeypatch: pytest.MonkeyPatch) -> None:
    found = parsed('[[generators]]\nname = "given"\nsamples = 3\n[[generators]]\nsamples = 5\nlabelled = 0')
    solve, output = a_problem(), a_problem(task="output")
    alone = [row.module.estimate(solve, row.config) for row in found.generators]
    assert [row.name for row in found.taking("solve")] == ["given", "math_shepherd"]
    assert found.estimate(solve) == found.estimate(output) == (alone[0][0] + alone[1][0], alone[0][1] + alone[1][1])
    monkeypatch.setattr(GENERATORS["given"], "TASKS", frozenset({"output"}))
    assert [row.name for row in found.taking("solve")] == ["math_shepherd"]
    assert found.estimate(solve) == alone[1]
    monkeypatch.setattr(GENERATORS["math_shepherd"], "TASKS", frozenset({"output"}))
    assert found.taking("solve") == () and found.estimate(solve) == (0, 0)


def test_families_are_drawn_from_by_name_alone() -> None:
    """A family more does not change what a run draws that names none."""
    assert parsed("").source.families == ("words", "linear", "expressions")


def test_the_place_of_a_file_is_not_its_meaning() -> None:
    """Its content is, which the flow adds."""
    here, there = (parsed(f'[source]\npath = "{path}"') for path in ("/a/x.jsonl", "/b/y.jsonl"))
    assert here.meaning() == there.meaning()
    assert replace(here, problems=3).meaning() == here.meaning()


def no_any(value: Any) -> bool:
    return isinstance(value, None | bool | int | float | str)


def test_the_recorded_configuration_is_plain_values() -> None:
    def flat(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [one for item in value.values() for one in flat(item)]
        if isinstance(value, list | tuple):
            return [one for item in value for one in flat(item)]
        return [value]

    assert all(no_any(one) for one in flat(parsed("").as_dict()))
