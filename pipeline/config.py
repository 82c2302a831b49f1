"""One frozen configuration from one TOML file. Defaults live here and in each component's own Config, once.

Unknown keys are errors that name the nearest known key. What changes the meaning of the data goes into the fingerprint;
how many problems, where engines run, what they cost and what is shown do not.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from generators.catalog import GENERATORS, Generator
from generators.prompts import catalog as prompts
from pipeline.families.catalog import DEFAULT_FAMILIES, FAMILIES
from pipeline.from_toml import known, nearest, read
from pipeline.meter import Price
from pipeline.models.catalog import ENGINES
from pipeline.programs.questions import QUESTIONS
from pipeline.programs.questions import VERSION as PROGRAMS
from schemas import ids
from schemas.errors import ConfigError
from schemas.problem import Problem, Task
from verifiers.catalog import VERIFIERS


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """Where problems come from: the procedural families, or `path`."""

    families: tuple[str, ...] = DEFAULT_FAMILIES
    difficulties: tuple[int, ...] = (2, 3, 4, 5)
    """For the families, each of which says in DIFFICULTIES what it has; in mathematics, operations per problem."""
    split: str = "test"
    """`test` is held out from every policy's training; for a data set, the split to load."""
    path: str | None = None
    """A .jsonl or .parquet file, the name or folder of a Hugging Face data set, theorems (or LeanDojo's JSON), or Python
    files: one per line, or a pattern."""
    licence: str = "unknown"
    """Licence of `path`, written to every row that does not say its own."""
    questions: tuple[str, ...] = tuple(QUESTIONS)
    """What is asked of each function, where `path` names Python files or rows that bring code: `output`, `input`, `program`."""
    inputs_per_program: int = 2
    """Calls of each function that `output` and `input` ask about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A table `[models.NAME]`: what runs. A table `[models.NAME.ENGINE]` inside it holds the Config of that engine."""

    engine: str = "auto"
    """`auto` is vLLM where it and a GPU are there, the embedded engine elsewhere."""
    policy: str = "math"
    """An embedded policy, a model folder, a hub name, or what a server calls its model."""
    family: str = "auto"
    """How it is spoken to: a name in `pipeline/models/model_families.py`; `auto` finds out from its files."""
    price: Price = field(default_factory=Price)
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: each engine module's own Config
    """By engine; missing ones have their defaults."""

    @property
    def engine_config(self) -> Any:  # Any: the engine module's own Config
        """The Config of the engine that is named."""
        return self.options.get(self.engine) or ENGINES[self.engine].Config()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfig:
    """An entry of `[[policies]]`, or `[completer]`: a model, what it is asked and how its answers are drawn."""

    model: str = ""
    """A name under `[models]`; may be left out where there is one only."""
    prompt: str = ""
    """A prompt in `generators/prompts/`, a .txt file, or the text itself, with `{problem}` in it for the statement, for the
    questions of every task; left out, the ones that its model's family is asked with."""
    prompts: Mapping[str, str] = field(default_factory=dict)
    """The same for the question of one task (`output`, `input`, `program`), and for what generators ask besides (`explain`,
    `write`, ..., with the fields that `generators/prompts/catalog.py` lists)."""
    temperature: float = 1.0
    """0 is greedy."""
    top_p: float = 1.0
    max_tokens: int = 160
    """Of a whole solution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorConfig:
    """An entry of `[[generators]]`: a generator's name and, beside it, the keys of its own Config."""

    name: str
    config: Any  # Any: the generator module's own Config

    @property
    def module(self) -> Generator:
        """The generator."""
        return GENERATORS[self.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowConfig:
    """How the flow runs; none of it changes the data."""

    ray: bool = True
    """False runs the same stages in this process."""
    engines: int = 1
    """Engine actors, each with every model of the run."""
    problems_in_flight: int = 48
    """Problems that one engine actor works on at once; enough that its batch never runs dry."""
    problems_per_shard: int = 12
    programs_at_once: int = 2
    """Programs that the judge of one engine actor runs at a time, each on a core of its own."""
    proofs_at_once: int = 2
    """Lean servers of that judge, each on a core of its own."""
    verifiers: int = 0
    """Verifier actors on nodes of the cluster, each with a judge of its own; 0 keeps the judge with each engine actor."""
    verifier_resource: str = ""
    """A custom resource that nodes for verifiers declare (as an autoscaler needs to start one); without it they go to any node
    without GPUs, where the cluster has one."""
    heartbeat_s: float = 20.0
    """An actor that gives no sign of life for this long is killed and replaced."""
    block_s: float = 3600.0
    """So is one that has one shard's problems in hand for this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """Everything about a run but where it is written."""

    name: str = ""
    """What a scheduler calls this run, as a date; another name is another run, with draws of its own. Not in the file."""
    seed: int = 0
    problems: int = 240
    max_tokens_total: int | None = None
    """Stop cleanly once this many tokens have been generated in this call."""
    source: SourceConfig = field(default_factory=SourceConfig)
    models: Mapping[str, ModelConfig] = field(default_factory=lambda: {"math": ModelConfig()})
    policies: tuple[PolicyConfig, ...] = ()
    """Who writes solutions: samples are dealt out among them in turn; left out, the completer."""
    completer: PolicyConfig = field(default_factory=PolicyConfig)
    """Who continues prefixes; left out, the first of `policies`."""
    generators: tuple[GeneratorConfig, ...] = ()
    """Each problem goes through every one that takes its task, in order; left out, `math_shepherd` alone."""
    verifiers: Mapping[str, Any] = field(default_factory=dict)  # Any: each verifier module's own Config
    """Tables `[verifiers.NAME]`: what a verifier leaves open; missing ones have their defaults."""
    flow: FlowConfig = field(default_factory=FlowConfig)

    def meaning(self) -> dict[str, Any]:
        """Return the parts that decide what the data means but for the models and prompts, for the fingerprint."""
        source = asdict(self.source)
        if self.source.path is None:
            source["versions"] = {name: FAMILIES[name].VERSION for name in self.source.families}
        else:
            source = {key: getattr(self.source, key) for key in ("split", "licence", "questions", "inputs_per_program")}
            source["programs"] = PROGRAMS
        return {
            **({"name": self.name} if self.name else {}),
            "seed": self.seed,
            "source": source,
            "generators": [
                {"name": row.name, "version": row.module.VERSION, **asdict(row.config)} for row in self.generators
            ],
            "verifiers": {name: asdict(config) for name, config in self.verifiers.items()},
        }

    @property
    def run_seed(self) -> int:
        """What everything is drawn from, problems of the families too: the seed, and the name where the run has one."""
        return ids.seed("run", self.seed, self.name) if self.name else self.seed

    def taking(self, task: Task) -> tuple[GeneratorConfig, ...]:
        """Return the run's generators that take a task, in order."""
        return tuple(row for row in self.generators if task in row.module.TASKS)

    def estimate(self, problem: Problem) -> tuple[int, int]:
        """Return (rollouts, tokens) to expect of a problem, over all the generators that it goes through."""
        each = [row.module.estimate(problem, row.config) for row in self.taking(problem.task)]
        return sum(rollouts for rollouts, _ in each), sum(tokens for _, tokens in each)

    def as_dict(self) -> dict[str, Any]:
        """Return the whole configuration as plain values, for `run.json`."""
        return asdict(self)


_TABLES = {"source", "models", "policies", "completer", "generators", "verifiers", "flow"}
_PLAIN = {"seed", "problems", "max_tokens_total"}


def load(path: Path) -> RunConfig:
    """Read a TOML file. Raises ConfigError that names the file, the key and the nearest known key."""
    try:
        raw = tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; the ready-made ones are in jobs/configs/") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return parse(raw, str(path))


def parse(raw: Mapping[str, Any], where: str) -> RunConfig:
    """Return the configuration that parsed TOML describes; `where` names it in errors."""
    known(raw, _TABLES | _PLAIN, where, "")
    plain = {key: value for key, value in raw.items() if key in _PLAIN | {"policies", "completer"}}
    config = read(RunConfig, plain, where, "")
    models = _models(raw.get("models", {"math": {}}), where)
    policies = tuple(_named(policy, models, f"{where}: policies") for policy in config.policies)
    if "completer" in raw or not policies:
        completer = _named(config.completer, models, f"{where}: completer")
    else:
        completer = policies[0]
    config = replace(
        config,
        source=read(SourceConfig, raw.get("source", {}), where, "source."),
        models=models,
        policies=policies or (completer,),
        completer=completer,
        generators=_generators(raw.get("generators", [{}]), where),
        verifiers=_verifiers(raw.get("verifiers", {}), where),
        flow=read(FlowConfig, raw.get("flow", {}), where, "flow."),
    )
    check(config, where)
    return config


def _models(raw: Any, where: str) -> dict[str, ModelConfig]:  # Any: TOML
    if not isinstance(raw, Mapping) or not raw:
        raise ConfigError(f"{where}: [models] must hold at least one table, as [models.math]")
    return {name: _model(table, where, f"models.{name}") for name, table in raw.items()}


def _model(raw: Any, where: str, key: str) -> ModelConfig:  # Any: TOML
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{where}: {key} = {raw!r} must be a table, as [models.math] with engine and policy in it")
    keys = {f.name for f in fields(ModelConfig)} - {"options"}
    known(raw, keys | set(ENGINES), where, f"{key}.")
    model = read(ModelConfig, {k: v for k, v in raw.items() if k in keys}, where, f"{key}.")
    if model.engine not in {"auto", *ENGINES}:
        raise ConfigError(f"{where}: {key}.engine = {model.engine!r}{nearest(model.engine, ['auto', *ENGINES])}")
    options = {k: read(ENGINES[k].Config, v, where, f"{key}.{k}.") for k, v in raw.items() if k in ENGINES}
    return replace(model, options=options)


def _named(policy: PolicyConfig, models: Mapping[str, ModelConfig], where: str) -> PolicyConfig:
    """Return the policy with its model named."""
    if not policy.model and len(models) > 1:
        raise ConfigError(f"{where}: say which model; there are {', '.join(models)}")
    name = policy.model or next(iter(models))
    if name not in models:
        raise ConfigError(f"{where}: model = {name!r}{nearest(name, list(models))}")
    return replace(policy, model=name)


def _generators(raw: Any, where: str) -> tuple[GeneratorConfig, ...]:  # Any: TOML
    if not isinstance(raw, list) or not raw or not all(isinstance(table, Mapping) for table in raw):
        raise ConfigError(f"{where}: generators must be one table or more, as [[generators]] with name in it")
    rows = tuple(_generator(table, where) for table in raw)
    for name, count in Counter(row.name for row in rows).items():
        if count > 1:
            raise ConfigError(f"{where}: generators has {name!r} {count} times; once is enough, or make two runs")
    return rows


def _generator(raw: Mapping[str, Any], where: str) -> GeneratorConfig:
    rest = dict(raw)
    name = rest.pop("name", "math_shepherd")
    if not isinstance(name, str) or name not in GENERATORS:
        raise ConfigError(f"{where}: generators.name = {name!r}{nearest(str(name), list(GENERATORS))}")
    return GeneratorConfig(name=name, config=read(GENERATORS[name].Config, rest, where, f"generators.{name}."))


def _verifiers(raw: Any, where: str) -> dict[str, Any]:  # Any: TOML; the verifier modules' own Configs
    """Return the Config of every verifier by its NAME."""
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{where}: [verifiers] must hold tables, as [verifiers.answers]")
    configs = {verifier.NAME: verifier.Config for verifier in VERIFIERS.values()}
    known(raw, configs, where, "verifiers.")
    return {name: read(row, raw.get(name, {}), where, f"verifiers.{name}.") for name, row in configs.items()}


def check(config: RunConfig, where: str) -> None:
    """Raise ConfigError for values no run can have."""
    _check_source(config.source, where)
    for key, value in _counts(config).items():
        if value < 1:
            raise ConfigError(f"{where}: {key} = {value}; it must be at least 1")
    if config.flow.verifiers < 0:
        raise ConfigError(f"{where}: flow.verifiers = {config.flow.verifiers}; it must be 0 or more")
    for row in config.generators:
        _check_generator(row, where)
        if getattr(row.config, "share", False) and config.completer not in config.policies:
            raise ConfigError(
                f"{where}: generators.{row.name}.share: the completer is none of the policies, so no solution is a sample of "
                "what it writes; leave share out, or [completer]"
            )
    for policy in (*config.policies, config.completer):
        _check_sampling(policy, f"{where}: policy of model {policy.model!r}")
        for part in policy.prompts:
            prompts.check_part(part, f"{where}: policy of model {policy.model!r}")
    for name, model in config.models.items():
        for f in fields(Price):
            if not 0 <= getattr(model.price, f.name) < float("inf"):
                raise ConfigError(f"{where}: models.{name}.price.{f.name} must be an amount of dollars, 0 or more")


def _check_source(source: SourceConfig, where: str) -> None:
    for question in source.questions:
        if question not in QUESTIONS:
            raise ConfigError(f"{where}: source.questions has {question!r}{nearest(question, QUESTIONS)}")
    if not source.questions:
        raise ConfigError(f"{where}: source.questions is empty; name one of {', '.join(QUESTIONS)}")
    for family in source.families:
        if family not in FAMILIES:
            raise ConfigError(f"{where}: source.families has {family!r}{nearest(family, list(FAMILIES))}")
    if source.path is None:
        if not source.families or not source.difficulties:
            raise ConfigError(f"{where}: source.families and source.difficulties must not be empty")
        for family in source.families:
            has = FAMILIES[family].DIFFICULTIES
            if other := [difficulty for difficulty in source.difficulties if difficulty not in has]:
                known = ", ".join(map(str, has))
                raise ConfigError(f"{where}: source.difficulties has {other[0]}; the family {family!r} has {known}")
        if source.split not in ("train", "test"):
            raise ConfigError(f"{where}: source.split of the families is `train` or `test`")


_AT_LEAST_ONE = (
    *("max_num_seqs", "max_batched_tokens", "cache_gb", "stall_s", "start_s"),
    *("tensor_parallel", "max_in_flight", "attempts", "timeout_s", "connect_timeout_s"),
)
"""Keys of engines' own Configs."""


def _counts(config: RunConfig) -> dict[str, float]:
    """Return every number that must be at least 1, by its key."""
    positive: dict[str, float] = {
        "problems": config.problems,
        "source.inputs_per_program": config.source.inputs_per_program,
        "flow.engines": config.flow.engines,
        "flow.problems_in_flight": config.flow.problems_in_flight,
        "flow.problems_per_shard": config.flow.problems_per_shard,
        "flow.programs_at_once": config.flow.programs_at_once,
        "flow.proofs_at_once": config.flow.proofs_at_once,
        "flow.heartbeat_s": config.flow.heartbeat_s,
        "flow.block_s": config.flow.block_s,
    }
    if config.max_tokens_total is not None:
        positive["max_tokens_total"] = config.max_tokens_total
    for name, model in config.models.items():
        for engine, options in model.options.items():
            for key in _AT_LEAST_ONE:
                if hasattr(options, key):
                    positive[f"models.{name}.{engine}.{key}"] = getattr(options, key)
    return positive


def _check_generator(row: GeneratorConfig, where: str) -> None:
    """Raise ConfigError for a number below 0, or below the `least` in its field's metadata, and for a list without any."""
    for f in fields(row.config):
        value, least = getattr(row.config, f.name), f.metadata.get("least", 0)
        key = f"{where}: generators.{row.name}.{f.name}"
        if value == ():
            raise ConfigError(f"{key} is empty")
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, int | float) and not number >= least:
                raise ConfigError(f"{key} = {number}; it must be at least {least}")


def _check_sampling(policy: PolicyConfig, where: str) -> None:
    if policy.max_tokens < 1:
        raise ConfigError(f"{where}: max_tokens = {policy.max_tokens}; it must be at least 1")
    if not 0 <= policy.temperature < float("inf"):
        raise ConfigError(f"{where}: temperature = {policy.temperature}; 0 is greedy, 1 the policy as it is")
    if not 0 < policy.top_p <= 1:
        raise ConfigError(f"{where}: top_p = {policy.top_p}; it must be above 0 and at most 1")
