"""One frozen configuration from one TOML file. Defaults live here and in each component's own Config, once.

Unknown keys are errors that name the nearest known key. What changes the meaning of the data goes into the fingerprint;
how many problems, where engines run and what is shown do not.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from generators.catalog import GENERATORS
from pipeline.families.catalog import FAMILIES
from pipeline.models.catalog import ENGINES
from schemas.errors import ConfigError

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """Where problems come from: the procedural families, or `path`."""

    families: tuple[str, ...] = tuple(FAMILIES)
    difficulties: tuple[int, ...] = (2, 3, 4, 5)
    """Operations per problem, for the families."""
    split: str = "test"
    """`test` is held out from every policy's training; for a data set, the split to load."""
    path: str | None = None
    """A .jsonl or .parquet file, or the name or folder of a Hugging Face data set."""
    licence: str = "unknown"
    """Licence of `path`, written to every row that does not say its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """What samples."""

    engine: str = "openvino"
    policy: str = "math"
    """An embedded policy's name or a policy folder; engines without weights of their own ignore it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowConfig:
    """How the flow runs; none of it changes the data."""

    ray: bool = True
    """False runs the same stages in this process."""
    engines: int = 1
    """Engine actors."""
    problems_in_flight: int = 48
    """Problems that one engine actor works on at once; enough that its batch never runs dry."""
    problems_per_shard: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """Everything about a run but where it is written."""

    seed: int = 0
    problems: int = 240
    max_tokens_total: int | None = None
    """Stop cleanly once this many tokens have been generated in this call."""
    source: SourceConfig = field(default_factory=SourceConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    engine: Any = None  # Any: the engine module's own Config
    generator_name: str = "math_shepherd"
    generator: Any = None  # Any: the generator module's own Config
    flow: FlowConfig = field(default_factory=FlowConfig)

    def meaning(self) -> dict[str, Any]:
        """Return the parts that decide what the data means, for the fingerprint."""
        source = asdict(self.source)
        if self.source.path is None:
            source["versions"] = {name: FAMILIES[name].VERSION for name in self.source.families}
        else:
            source = {"split": self.source.split, "licence": self.source.licence}
        generator = GENERATORS[self.generator_name]
        return {
            "seed": self.seed,
            "source": source,
            "generator": {"name": generator.NAME, "version": generator.VERSION, **asdict(self.generator)},
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the whole configuration as plain values, for `run.json`."""
        return asdict(self)


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
    top = {"seed", "problems", "max_tokens_total", "source", "model", "engine", "generator", "flow"}
    _known(raw, top, where, "")
    model = read(ModelConfig, raw.get("model", {}), where, "model.")
    engine = ENGINES.get(model.engine)
    if engine is None:
        raise ConfigError(f"{where}: model.engine = {model.engine!r}{_nearest(model.engine, ENGINES)}")
    generator_raw = raw.get("generator", {})
    if not isinstance(generator_raw, Mapping):
        raise ConfigError(f"{where}: [generator] must be a table")
    generator_raw = dict(generator_raw)
    name = generator_raw.pop("name", "math_shepherd")
    if not isinstance(name, str) or name not in GENERATORS:
        raise ConfigError(f"{where}: generator.name = {name!r}{_nearest(str(name), GENERATORS)}")
    plain = {key: raw[key] for key in ("seed", "problems", "max_tokens_total") if key in raw}
    config = replace(
        read(RunConfig, plain, where, ""),
        source=read(SourceConfig, raw.get("source", {}), where, "source."),
        model=model,
        engine=read(engine.Config, raw.get("engine", {}), where, "engine."),
        generator_name=name,
        generator=read(GENERATORS[name].Config, generator_raw, where, "generator."),
        flow=read(FlowConfig, raw.get("flow", {}), where, "flow."),
    )
    check(config, where)
    return config


def check(config: RunConfig, where: str) -> None:
    """Raise ConfigError for values no run can have."""
    for family in config.source.families:
        if family not in FAMILIES:
            raise ConfigError(f"{where}: source.families has {family!r}{_nearest(family, FAMILIES)}")
    if config.source.path is None:
        if not config.source.families or not config.source.difficulties:
            raise ConfigError(f"{where}: source.families and source.difficulties must not be empty")
        if not all(2 <= difficulty <= 8 for difficulty in config.source.difficulties):
            raise ConfigError(f"{where}: source.difficulties must lie between 2 and 8")
        if config.source.split not in ("train", "test"):
            raise ConfigError(f"{where}: source.split of the families is `train` or `test`")
    for key, value in _counts(config).items():
        if value < 1:
            raise ConfigError(f"{where}: {key} = {value}; it must be at least 1")
    _check_sampling(config.generator, where)


def _counts(config: RunConfig) -> dict[str, float]:
    """Return every number that must be at least 1, by its key."""
    positive = {
        "problems": config.problems,
        "flow.engines": config.flow.engines,
        "flow.problems_in_flight": config.flow.problems_in_flight,
        "flow.problems_per_shard": config.flow.problems_per_shard,
        "generator.rollouts": config.generator.rollouts,
        "generator.max_tokens": config.generator.max_tokens,
    }
    if config.max_tokens_total is not None:
        positive["max_tokens_total"] = config.max_tokens_total
    if config.generator_name == "math_shepherd":
        positive["generator.samples"] = config.generator.samples
    for key in ("max_num_seqs", "max_batched_tokens", "cache_gb", "stall_s"):
        if hasattr(config.engine, key):
            positive[f"engine.{key}"] = getattr(config.engine, key)
    return positive


def _check_sampling(generator: Any, where: str) -> None:  # Any: a generator module's own Config
    for key in ("samples", "labelled"):
        if getattr(generator, key, 0) < 0:
            raise ConfigError(f"{where}: generator.{key} = {getattr(generator, key)}; it must not be negative")
    if not 0 <= generator.temperature < float("inf"):
        raise ConfigError(
            f"{where}: generator.temperature = {generator.temperature}; 0 is greedy, 1 the policy as it is"
        )
    if not 0 < generator.top_p <= 1:
        raise ConfigError(f"{where}: generator.top_p = {generator.top_p}; it must be above 0 and at most 1")


def read(row: type[Row], raw: Mapping[str, Any], where: str, prefix: str) -> Row:
    """Return a `row`, a dataclass whose every field has a default. Raises ConfigError on unknown keys and wrong types."""
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{where}: [{prefix.rstrip('.')}] must be a table")
    hints = get_type_hints(row)
    _known(raw, set(hints), where, prefix)
    values = {key: _typed(value, hints[key], f"{where}: {prefix}{key}") for key, value in raw.items()}
    return row(**values)


def _known(raw: Mapping[str, Any], names: set[str], where: str, prefix: str) -> None:
    for key in raw:
        if key not in names:
            raise ConfigError(f"{where}: unknown key {prefix}{key}{_nearest(key, names)}")


def _nearest(word: str, known: Any) -> str:  # Any: anything that iterates over names
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.4)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(known))}"


def _typed(value: Any, hint: Any, where: str) -> Any:  # Any: TOML values and type hints
    if get_origin(hint) is UnionType:
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where} must be a list")
        return tuple(_typed(item, get_args(hint)[0], where) for item in value)
    if hint is float and type(value) is int:
        return float(value)
    if hint in (int, float, str, bool) and type(value) is not hint:
        raise ConfigError(f"{where} = {value!r} must be of type {hint.__name__}")
    return value
