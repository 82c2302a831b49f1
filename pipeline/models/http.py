"""Any OpenAI-compatible server: `vllm serve`, llama-server, Ollama, a hosted API; completions and chat.

One request draws one sample, so each has a seed of its own, ends by itself and can be given up by itself: closing the
connection is how servers are told (vLLM and llama-server then stop drawing). Where the model's tokenizer is known and the
server takes token ids, prompts are ids, and what is drawn is what the same model draws in an engine here. Elsewhere
prompts travel as text or as messages, and tokens are `pieces.Pieces`, which are roughly as many and cut steps exactly.
"""

import importlib.util
import ipaddress
import os
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args, get_type_hints
from urllib.parse import urlsplit

from pipeline.models import model_families
from pipeline.models import policy as policies
from pipeline.models.http_client import Client, Terms, authorization
from pipeline.models.http_model import HttpModel, Known
from pipeline.models.http_server import CONTEXT, KEY_REMEDY, SERVERS, Facts, Questions, Server
from pipeline.models.http_wire import Style
from pipeline.models.pieces import Pieces
from pipeline.models.policy import Policy
from schemas.errors import ConfigError
from schemas.model import ModelFamily, ModelInfo

NAME = "http"

_SAMPLE = "Evaluate (3 + 4) * 12\nx = 84.5 apples\n\nAnswer: 84"
_UNKNOWN_TOKENS = ("user",)
"""Special tokens of a tokenizer that is not known: it may have turns, so only the model's name can tell its family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where the server is and how it is asked."""

    url: str = ""
    """Such as "http://localhost:8000"; one without a path gets "/v1"."""
    api: Literal["completions", "chat"] = "completions"
    server: Literal["auto", "vllm", "llama-server", "ollama", "openai"] = "auto"
    """What kind it is; `auto` asks it. `openai` is every hosted API."""
    key_env: str = ""
    """Name of the environment variable that holds the key; the key itself is never written anywhere."""
    max_in_flight: int = 64
    """Requests under way at once. Give vLLM what it decodes at once (`--max-num-seqs`) and a quarter more."""
    requests_per_minute: float = 0.0
    """0: no limit."""
    tokens_per_minute: float = 0.0
    """Prompt and completion; 0: no limit."""
    timeout_s: float = 600.0
    """For one whole answer, which comes in one piece."""
    connect_timeout_s: float = 10.0
    attempts: int = 10
    """How often a request is sent on which the server fails: status 500, a broken connection, no answer."""
    patience_s: float = 300.0
    """How long a server that is not there, or has too much to do, is asked again while it answers nobody. It must be longer
    than it takes to start the server again: `vllm serve` of a small model takes 40 s on a CPU."""
    context_length: int = 0
    """Tokens; 0: what the server says, or 4,096 where it does not."""
    tokenizer: str = ""
    """The model's files, as `policy` names them for other engines (folder, hub name), or its tokenizer.json; for completions
    of vLLM and llama-server, whose prompts are then sent as ids. Not needed where vLLM serves a folder of this machine."""
    revision: str = ""
    """What rows record of the weights where the server does not say."""
    can_continue: Literal["auto", "yes", "no"] = "auto"
    """Whether it continues an exact prefix; `auto` finds out, and takes hosted chats for unable."""
    logprobs: Literal["auto", "yes", "no"] = "auto"
    """Whether to ask for them; `auto` does not ask hosted APIs, where some models refuse such requests."""
    length_key: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """How the server calls the limit of a completion; the newer chat models of OpenAI know the second only."""


_CHOICES = {name: tuple(map(str, get_args(hint))) for name, hint in get_type_hints(Config).items() if get_args(hint)}
_LEAST = {
    "max_in_flight": 1,
    "attempts": 1,
    "timeout_s": 0.001,
    "connect_timeout_s": 0.001,
    "patience_s": 0,
    "requests_per_minute": 0,
    "tokens_per_minute": 0,
    "context_length": 0,
}


def describe(policy: str, family: str, config: Config) -> ModelInfo:
    """Say what `load` would return; asks the server. Raises ConfigError, PolicyError and EngineError."""
    return _ask(policy, family, config).info


def load(policy: str, family: str, config: Config) -> HttpModel:
    """Return the model that the server calls `policy`. Raises ConfigError, PolicyError and EngineError."""
    url = _address(config)
    terms = Terms(
        url=url,
        model=policy,
        key=_key(config),
        key_name=config.key_env,
        max_in_flight=config.max_in_flight,
        requests_per_minute=config.requests_per_minute,
        tokens_per_minute=config.tokens_per_minute,
        timeout_s=config.timeout_s,
        connect_timeout_s=config.connect_timeout_s,
        attempts=config.attempts,
        patience_s=config.patience_s,
        trust_env=not _on_this_machine(url),
    )
    return HttpModel(_ask(policy, family, config), Client(terms), chat=config.api == "chat")


def gpus(config: Config) -> float:
    """Return 0: the GPUs are the server's."""
    return 0.0


def missing() -> str | None:
    """Say why the engine cannot be used here, None if it can."""
    return None if importlib.util.find_spec("httpx2") else "the package httpx2 is not installed; `make setup` adds it"


def _ask(policy: str, family: str, config: Config) -> Known:
    """Ask the server what must be known before the first sample."""
    _check(config)
    url = _address(config)
    headers = authorization(_key(config))
    with closing(
        Questions(url, policy, headers, config.connect_timeout_s, trust_env=not _on_this_machine(url))
    ) as asking:
        server = asking.kind() if config.server == "auto" else SERVERS[config.server]
        facts = asking.facts(server, config.api)
        files = _files(url, server, facts, config)
        if files is not None:
            _check_tokenizer(asking.text_of(server, files.tokenizer.encode(_SAMPLE)), files, url)
    info = _info(policy, family, config, facts, files)
    style = Style(
        server=server,
        model=policy,
        end=() if files is None else files.end_tokens(family),
        length_key=config.length_key,
        logprobs=config.logprobs == "yes" or (config.logprobs == "auto" and server.logprobs),
        adds_special=info.family.name == "plain",
    )
    return Known(
        info=info,
        tokenizer=files.tokenizer if files else Pieces((model_families.USER, model_families.ASSISTANT)),
        vocabulary=files.vocabulary if files else 0,
        style=style,
    )


def _info(policy: str, family: str, config: Config, facts: Facts, files: Policy | None) -> ModelInfo:
    revision = config.revision or facts.revision
    if not revision and files and not config.tokenizer:  # the folder's weights are those that the server loaded
        revision = files.revision
    return ModelInfo(
        name=policy,
        revision=revision or "not stated",
        engine=NAME,
        context_length=config.context_length or facts.context_length or CONTEXT,
        can_continue=facts.continues if config.can_continue == "auto" else config.can_continue == "yes",
        family=files.family(family) if files else _family(policy, family, config),
    )


def _family(policy: str, name: str, config: Config) -> ModelFamily:
    """Return the family of a model whose files are not here. Raises ConfigError and PolicyError."""
    chat = model_families.FAMILIES["chat"]
    if config.api == "chat":
        if name == model_families.AUTO:
            return chat
        # The server puts messages into the model's own template; how its answers are read is the family's.
        return replace(model_families.find(name), template=chat.template, end=())
    if name == model_families.AUTO:
        return model_families.detect(policy, {}, _UNKNOWN_TOKENS)
    if name == chat.name:
        raise ConfigError('family = "chat" is for api = "chat"; completions need the family of the model')
    return model_families.find(name)


def _files(url: str, server: Server, facts: Facts, config: Config) -> Policy | None:
    """Return the model's files, where its tokenizer can be used. Raises ConfigError and PolicyError."""
    usable = config.api == "completions" and server.takes_ids
    if config.tokenizer:
        if not usable:
            raise ConfigError(
                f'http.tokenizer is of use for completions of vLLM and llama-server; {server.kind} with api = "{config.api}" '
                "takes text, so leave it out"
            )
        path = Path(config.tokenizer)
        return policies.find(str(path.parent) if path.name == "tokenizer.json" else config.tokenizer)
    here = usable and _on_this_machine(url) and bool(facts.folder)
    return policies.find(facts.folder) if here and (Path(facts.folder) / "tokenizer.json").is_file() else None


def _check_tokenizer(theirs: str | None, files: Policy, url: str) -> None:
    """Raise ConfigError where our ids are another text to the server: it would answer nonsense, and look well.

    It may cut text otherwise. `tokenizer.json` is what a model was trained with; vLLM 0.32 with transformers 5 puts the cuts of
    the model's architecture in its place where the folder has no `tokenizer_config.json` (measured on the embedded policy).
    """
    if theirs is not None and theirs.strip() != _SAMPLE:
        raise ConfigError(
            f"the tokenizer in {files.folder} is not that of the model behind {url}, which reads its ids for {_SAMPLE!r} "
            f"as {theirs[:80]!r}; correct http.tokenizer or leave it out"
        )


def _check(config: Config) -> None:
    """Raise ConfigError on values that cannot be; the reader of TOML knows types only."""
    for key, known in _CHOICES.items():
        if getattr(config, key) not in known:
            raise ConfigError(f"http.{key} = {getattr(config, key)!r} is not one of {', '.join(known)}")
    for key, least in _LEAST.items():
        if getattr(config, key) < least:
            raise ConfigError(f"http.{key} = {getattr(config, key)} must be at least {least:g}")


def _address(config: Config) -> str:
    """Return the address that requests go below, without a slash at its end. Raises ConfigError."""
    parts = urlsplit(config.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f'http.url = "{parts.hostname or config.url}" is no address; such as "http://localhost:8000"')
    if parts.username or parts.password or parts.query:
        raise ConfigError(f"http.url for {parts.hostname} must hold no name, password or query; {KEY_REMEDY}")
    return config.url.rstrip("/") + ("" if parts.path.strip("/") else "/v1")


def _key(config: Config) -> str:
    """Return the key from the environment, empty where none is asked for. Raises ConfigError."""
    if not config.key_env:
        return ""
    key = os.environ.get(config.key_env, "").strip()
    if not key:
        raise ConfigError(f"http.key_env names ${config.key_env}, which is not set; export it before the run")
    if not key.isascii() or not key.isprintable():
        raise ConfigError(f"${config.key_env} holds characters that no key has; export it again")
    return key


def _on_this_machine(url: str) -> bool:
    """Whether an address is the loopback one: no proxy leads there, and its files are ours."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
