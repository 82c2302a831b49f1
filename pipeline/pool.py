"""The policies of a run: from what a configuration names to models, prompts and how they are drawn."""

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from generators.prompts import catalog as prompts
from pipeline.config import PolicyConfig, RunConfig
from pipeline.models import catalog
from pipeline.models.catalog import ENGINES
from schemas.errors import ConfigError, ContinuationError
from schemas.model import Model, ModelInfo, SamplingParams
from schemas.pool import Pool, Prompt, Sampler
from schemas.problem import ALL_TASKS


def resolved(config: RunConfig) -> tuple[RunConfig, dict[str, str]]:
    """Return the configuration as every machine of the run can read it, and why which engine was taken, by model.

    An engine stands in place of every `auto`, and the text of a prompt in place of its file. Raises ConfigError, also where an
    engine that is asked for is not installed.
    """
    models, reasons = dict(config.models), {}
    for name, model in _used(config).items():
        engine = model.engine
        if engine == "auto":
            engine, reasons[name] = catalog.choose(engine)
        if lack := ENGINES[engine].missing():
            raise ConfigError(f"models.{name}.engine = {engine!r}: {lack}")
        models[name] = replace(model, engine=engine)
    policies = tuple(map(_with_texts, config.policies))
    return replace(config, models=models, policies=policies, completer=_with_texts(config.completer)), reasons


def _with_texts(policy: PolicyConfig) -> PolicyConfig:
    def text(name: str, part: str) -> str:
        return prompts.find(name, part).text if name.endswith(".txt") else name

    own = {part: text(name, part) for part, name in policy.prompts.items()}
    return replace(policy, prompt=text(policy.prompt, "solve"), prompts=own)


def describe(config: RunConfig) -> dict[str, ModelInfo]:
    """Say what each model of the run is, without weights in memory. Raises PolicyError, ConfigError, EngineError."""
    return {
        name: ENGINES[model.engine].describe(model.policy, model.family, model.engine_config)
        for name, model in _used(config).items()
    }


def load(config: RunConfig) -> dict[str, Model]:
    """Return the models of the run; nothing is started before the first sample. Raises as `describe` does."""
    shares = devices(config, os.environ.get("CUDA_VISIBLE_DEVICES", ""))
    return {
        name: ENGINES[model.engine].load(
            model.policy,
            model.family,
            replace(model.engine_config, devices=shares[name]) if shares.get(name) else model.engine_config,
        )
        for name, model in _used(config).items()
    }


def devices(config: RunConfig, visible: str) -> dict[str, str]:
    """Share out the GPUs that this process may use (as CUDA_VISIBLE_DEVICES says) among the models that want some, in order.

    Empty for a model that names its own, and for all where `visible` does not say.
    """
    shares, begin, names = {}, 0.0, [name for name in visible.split(",") if name]
    for name, model in _used(config).items():
        end = begin + ENGINES[model.engine].gpus(model.engine_config)
        if names and end > begin and not model.engine_config.devices:
            shares[name] = ",".join(names[int(begin) : math.ceil(end)])
        begin = end
    return shares


def gpus(config: RunConfig) -> float:
    """Return the GPUs that one engine actor of the run needs."""
    return sum(gpus_of(config).values())


def gpus_of(config: RunConfig) -> dict[str, float]:
    """Return the GPUs that the engine of each model in use holds, by the model's name; a share where engines share one."""
    return {name: ENGINES[model.engine].gpus(model.engine_config) for name, model in _used(config).items()}


def assemble(config: RunConfig, models: Mapping[str, Model]) -> Pool:
    """Return the policies of the run over models that are there."""

    def sampler(policy: PolicyConfig) -> Sampler:
        model = models[policy.model]
        params = SamplingParams(
            temperature=policy.temperature,
            top_p=policy.top_p,
            max_tokens=policy.max_tokens,
            stop=model.info.family.stop,
        )
        asked = _prompts(policy, model.info, config)
        return Sampler(model=model, prompt=asked.pop("solve"), params=params, prompts=asked)

    return Pool(writers=tuple(map(sampler, config.policies)), completer=sampler(config.completer))


def meaning(config: RunConfig, infos: Mapping[str, ModelInfo]) -> dict[str, Any]:
    """Return what the policies of the run mean, for the fingerprint: models, prompts and sampling, whatever their names."""

    def one(policy: PolicyConfig) -> dict[str, Any]:
        info = infos[policy.model]
        sampling = {key: value for key, value in asdict(policy).items() if key not in ("model", "prompt", "prompts")}
        asked = {part: prompt.text for part, prompt in _prompts(policy, info, config).items()}
        return sampling | {"model": [info.name, info.revision], "family": asdict(info.family), "prompts": asked}

    return {"policies": [one(policy) for policy in config.policies], "completer": one(config.completer)}


def check(config: RunConfig, infos: Mapping[str, ModelInfo]) -> None:
    """Raise ContinuationError or ConfigError where the completer cannot continue what the policies write."""
    completer = infos[config.completer.model]
    continuing = [row.name for row in config.generators if row.module.needs_continuation(row.config)]
    if not continuing:
        return
    if not completer.can_continue:
        raise ContinuationError(
            f"{completer.engine} model {completer.name} cannot continue an exact prefix, which step labels by "
            f"{', '.join(continuing)} need; name a [completer] that can, or ask for whole solutions only"
        )
    for writer in {policy.model for policy in config.policies}:
        family = infos[writer].family
        thinks = family.thinking or completer.family.thinking
        if thinks and family != completer.family:
            raise ConfigError(
                f"the completer {completer.name} (family {completer.family.name}) cannot continue the thoughts of "
                f"{infos[writer].name} (family {family.name}); where one thinks in tags, both must be of one family"
            )


def _used(config: RunConfig) -> dict[str, Any]:  # Any: ModelConfig, whose options are each engine's own
    """Return the models that a policy of the run names; the others are not started."""
    names = {policy.model for policy in (*config.policies, config.completer)}
    return {name: model for name, model in config.models.items() if name in names}


def _prompts(policy: PolicyConfig, info: ModelInfo, config: RunConfig) -> dict[str, Prompt]:
    """Return every prompt that a policy may be asked with in this run: the question by task, and the generators' parts."""
    asked = {}
    for part in (*ALL_TASKS, *sorted({part for row in config.generators for part in row.module.PARTS})):
        own = policy.prompts.get(part) or (policy.prompt if part in ALL_TASKS else "")
        asked[part] = prompts.find(own, part) if own else prompts.default(part, info.family)
    return asked
