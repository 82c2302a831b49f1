"""What kinds of servers there are, what each can do, and what one says of itself when asked.

Nothing here is taken on trust where a server can be asked: which kind it is, how long its context is, whether token ids mean
to it what they mean to us, and whether it really leaves a chat's last message open. Each answer has a setting that overrules it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx2

from schemas import ids
from schemas.errors import ConfigError, EngineError
from schemas.model import Tokens

Kind = Literal["vllm", "llama-server", "ollama", "openai"]
Api = Literal["completions", "chat"]

CONTEXT = 4096
"""Tokens, where neither the server nor the configuration says; also what Ollama gives a model unless told otherwise."""
_NO_PENALTIES: dict[str, object] = {"presence_penalty": 0.0, "frequency_penalty": 0.0}
_VLLM: dict[str, object] = {
    "top_k": 0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "return_token_ids": True,
} | _NO_PENALTIES
_LLAMA: dict[str, object] = {
    "top_k": 0,
    "min_p": 0.0,
    "typical_p": 1.0,
    "repeat_penalty": 1.0,
    "n_probs": 1,
} | _NO_PENALTIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One kind of server."""

    kind: Kind
    probe: str = ""
    """A path under the server's root that only this kind answers, and a key that its answer has."""
    probe_key: str = ""
    seed_bits: int
    """Seeds of 63 bits are reduced modulo 2**bits - 1 to what it takes. llama-server draws a seed of its own for 2**32 - 1,
    which the remainder never is; hosted servers differ, and some refuse more than a signed 32-bit number."""
    takes_ids: bool = False
    """Whether a completion's prompt may be token ids."""
    continues_chat: bool = False
    """Whether it can be asked to leave the last assistant message open: vLLM, and llama-server since May 2026
    (https://github.com/ggml-org/llama.cpp/pull/23012; before, it did so for every last assistant message)."""
    logprobs: bool = True
    """Whether it is asked for logprobs; some hosted models refuse the whole request."""
    max_stops: int = 100
    """Stop strings it takes; hosted ones take four (https://platform.openai.com/docs/api-reference/completions/create)."""
    completion: dict[str, object] = field(default_factory=dict)
    """Keys of every completion request. Servers have sampling defaults of their own (llama-server: top_k 40, min_p 0.05;
    vLLM: the model's generation_config.json), which would sample from another distribution than rows say."""
    chat: dict[str, object] = field(default_factory=dict)
    """Keys of every chat request."""


SERVERS: dict[str, Server] = {
    server.kind: server
    for server in (
        Server(
            kind="vllm",
            probe="/version",
            probe_key="version",
            seed_bits=63,
            takes_ids=True,
            continues_chat=True,
            completion=_VLLM | {"add_special_tokens": False},
            chat=_VLLM,
        ),
        Server(
            kind="llama-server",
            probe="/props",
            probe_key="default_generation_settings",
            seed_bits=32,
            takes_ids=True,
            continues_chat=True,
            completion=_LLAMA,
            chat=_LLAMA,
        ),
        Server(kind="ollama", probe="/api/version", probe_key="version", seed_bits=31),
        Server(kind="openai", seed_bits=31, logprobs=False, max_stops=4),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a server says of one of its models."""

    context_length: int = 0
    """0 where it does not say."""
    revision: str = ""
    """Something that changes with the weights, empty where it does not say."""
    folder: str = ""
    """Where it loaded the model from, by its own file system."""
    continues: bool
    """Whether an exact prefix can be continued."""


Messages = Sequence[Mapping[str, str]]


class Questions:
    """Asks one server about itself. Raises EngineError where it cannot be reached; `close()` it."""

    def __init__(self, url: str, model: str, headers: Mapping[str, str], timeout_s: float, *, trust_env: bool) -> None:
        """`url` as the requests use it; its root, without a `/v1`, is where servers answer questions."""
        self._url = url
        self._root = url.removesuffix("/v1")
        self._model = model
        self._client = httpx2.Client(headers=dict(headers), timeout=timeout_s, trust_env=trust_env)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def kind(self) -> Server:
        """Return which kind of server it is; one that no probe recognises is a hosted one."""
        for server in SERVERS.values():
            if server.probe and server.probe_key in self._get(server.probe):
                return server
        return SERVERS["openai"]

    def facts(self, server: Server, api: Api) -> Facts:
        """Return what it says of the model. Raises ConfigError where it serves another one."""
        if server.kind == "vllm":
            return self._vllm_facts(api)
        if server.kind == "llama-server":
            return self._llama_facts(api)
        return self._ollama_facts(api) if server.kind == "ollama" else Facts(continues=api == "completions")

    def text_of(self, server: Server, tokens: Tokens) -> str | None:
        """Return what token ids are to it, None where it does not say."""
        said = self._post("/detokenize", {"model": self._model, "tokens": tokens})
        text = said.get("prompt" if server.kind == "vllm" else "content")
        return text if isinstance(text, str) else None

    def _vllm_facts(self, api: Api) -> Facts:
        served = {str(one.get("id")): one for one in self._models()}
        if self._model not in served:
            raise ConfigError(
                f"{self._url} does not serve {self._model!r} but {', '.join(map(repr, served)) or 'nothing'}"
            )
        entry = served[self._model]
        return Facts(
            context_length=int(entry.get("max_model_len") or 0),
            folder=str(entry.get("root") or ""),
            continues=api == "completions" or self._continues(self._vllm_rendered),
        )

    def _llama_facts(self, api: Api) -> Facts:
        settings = self._get("/props").get("default_generation_settings")
        meta = [one["meta"] for one in self._models() if isinstance(one.get("meta"), dict)]
        return Facts(
            context_length=int(settings.get("n_ctx") or 0) if isinstance(settings, dict) else 0,
            # It says sizes and not hashes; two quantizations of a model differ in them.
            revision=f"gguf-{ids.digest(meta[0], size=6)}" if meta else "",
            continues=api == "completions" or self._continues(self._llama_rendered),
        )

    def _ollama_facts(self, api: Api) -> Facts:
        wanted = self._model if ":" in self._model else f"{self._model}:latest"
        listed = self._get("/api/tags").get("models")
        digests = {one.get("name"): str(one.get("digest")) for one in listed or () if isinstance(one, dict)}
        if wanted not in digests:
            known = ", ".join(repr(name) for name in digests) or "none"
            raise ConfigError(
                f"{self._url} has no model {wanted!r} but {known}; add it with `ollama pull {self._model}`"
            )
        shown = self._post("/api/show", {"model": self._model})
        stated = [line.split() for line in str(shown.get("parameters") or "").splitlines()]
        contexts = [int(words[1]) for words in stated if words[:1] == ["num_ctx"]]
        # It puts a completion's prompt into the model's template as well, unless that is nothing but the prompt.
        bare = str(shown.get("template") or "").strip() in ("{{ .Prompt }}", "{{.Prompt}}")
        return Facts(
            context_length=contexts[0] if contexts else CONTEXT,
            revision=digests[wanted].removeprefix("sha256:")[:12],
            continues=api == "completions" and bare,
        )

    def _continues(self, rendered: Callable[[Messages, bool], str]) -> bool:
        """Whether a last assistant message stays open to the letter: templates like to trim it, or to add an empty thought."""
        asked: list[dict[str, str]] = [{"role": "user", "content": "1 + 1"}]
        prefix = "First, 1 + 1 = 2.\n"
        start = rendered(asked, False)
        return bool(start) and rendered([*asked, {"role": "assistant", "content": prefix}], True) == start + prefix

    def _vllm_rendered(self, messages: Messages, continued: bool) -> str:
        body = {"model": self._model, "messages": messages, **opening(continued)}
        found = self._post("/tokenize", body).get("tokens")
        return (
            str(self._post("/detokenize", {"model": self._model, "tokens": found}).get("prompt") or "") if found else ""
        )

    def _llama_rendered(self, messages: Messages, continued: bool) -> str:
        return str(self._post("/apply-template", {"messages": messages, **opening(continued)}).get("prompt") or "")

    def _models(self) -> list[dict[str, Any]]:  # Any: JSON
        listed = self._ask("GET", f"{self._url}/models").get("data")
        return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []

    def _get(self, path: str) -> dict[str, Any]:  # Any: JSON
        return self._ask("GET", self._root + path)

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:  # Any: JSON
        return self._ask("POST", self._root + path, body)

    def _ask(self, method: str, url: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:  # Any: JSON
        """Return what it answers, empty where it does not know the question."""
        try:
            answer = self._client.request(method, url, json=body)
        except httpx2.RequestError as error:
            raise EngineError(unreachable(self._url, error)) from error
        if answer.status_code >= 500 and answer.status_code != 501:
            raise EngineError(f"{url} answers with status {answer.status_code}; wait until the server is ready")
        if answer.status_code in (401, 403):
            raise EngineError(f"{url} refuses us (status {answer.status_code}); {KEY_REMEDY}")
        if answer.status_code != 200:
            return {}
        try:
            found = answer.json()
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


KEY_REMEDY = "set key_env to the name of the environment variable that holds the key"


def opening(continued: bool) -> dict[str, bool]:
    """Return the keys of a chat request that say whether its last message goes on or a new one begins."""
    return {"add_generation_prompt": not continued, "continue_final_message": continued}


def unreachable(url: str, error: Exception) -> str:
    """Return what to tell a user whose server does not answer."""
    return f"{url} cannot be reached ({type(error).__name__}: {error}); start the server or correct `url`"


def reduced(seed: int, bits: int) -> int:
    """Return a seed of 63 bits as a server of `bits` takes it; see `Server.seed_bits`."""
    return seed if bits >= 63 else seed % (2**bits - 1)
