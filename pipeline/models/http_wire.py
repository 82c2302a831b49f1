"""The OpenAI wire format: what a request for one sample says, and what of the answer is a completion."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from pipeline.models.http_server import Server, opening, reduced
from pipeline.models.model_families import ASSISTANT, USER
from schemas.model import FinishReason, SamplingParams, Tokenizer, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How requests to a server are written."""

    server: Server
    model: str
    end: Tokens
    """The ends of a completion by the family, for a server that takes ids."""
    length_key: str
    logprobs: bool
    adds_special: bool
    """Whether a server that is sent text puts the tokenizer's own beginning in front."""


class Scored(NamedTuple):
    """A token as a server writes it."""

    text: bytes
    logprob: float
    id: int | None


class Answer(NamedTuple):
    """What a server drew; tokens and logprobs by our own tokenizer."""

    text: str
    tokens: Tokens
    logprobs: tuple[float, ...] | None
    finish_reason: FinishReason
    prompt_tokens: int | None
    cached_tokens: int
    generated_tokens: int | None


def completion_request(style: Style, prompt: Tokens | str, params: SamplingParams, seed: int) -> dict[str, object]:
    """Return the body for /completions."""
    body = _request(style, params, seed) | style.server.completion | {"prompt": prompt}
    if style.logprobs:
        # 0 asks vLLM for the drawn token alone; others read it as none.
        body["logprobs"] = 0 if style.server.kind == "vllm" else 1
    if style.server.kind == "vllm":
        body["add_special_tokens"] = style.adds_special
        if style.end:
            body["stop_token_ids"] = style.end
    return body


def chat_request(style: Style, prompt: str, params: SamplingParams, seed: int) -> dict[str, object]:
    """Return the body for /chat/completions. `prompt`: the template of the family `chat`, filled, and what was answered."""
    asked, _, answered = prompt.partition(ASSISTANT)
    messages = [{"role": "user", "content": asked.removeprefix(USER)}]
    body = _request(style, params, seed) | style.server.chat | {"messages": messages}
    if answered:
        messages.append({"role": "assistant", "content": answered})
        if style.server.continues_chat:
            body.update(opening(continued=True))
    if style.logprobs:
        body["logprobs"] = True
    return body


def _request(style: Style, params: SamplingParams, seed: int) -> dict[str, object]:
    stop = list(params.stop[: style.server.max_stops])
    body: dict[str, object] = {
        "model": style.model,
        style.length_key: params.max_tokens,
        "temperature": params.temperature,
        "top_p": params.top_p,
        "seed": reduced(seed, style.server.seed_bits),
    }
    return body | {"stop": stop} if stop else body


def read(
    answer: Mapping[str, Any],  # Any: JSON
    tokenizer: Tokenizer,
    stop: Sequence[str],
    thinking: tuple[str, str] | None,
    *,
    own_ids: bool,
) -> Answer:
    """Return what the first choice holds. Raises ValueError on one that ended otherwise than by an end or its length.

    With `own_ids` the server's ids are the tokenizer's and are kept where it returns them. Else the text is cut into
    tokens again, and a token's logprob is the sum over the server's tokens that begin in it: sums over a text are exact.
    """
    choice = answer["choices"][0]
    reason = choice.get("finish_reason")
    if reason not in ("stop", "length"):
        raise ValueError(f"the server ended a completion with finish_reason {reason!r}")
    scored = _scored(choice)
    ids = _ids(choice, scored) if own_ids else None
    if ids is None:
        text, cut = _before(_text(choice, thinking), stop)
        tokens = tokenizer.encode(text)
        logprobs = None if scored is None else _shared_out(tokens, tokenizer, scored)
    else:
        tokens = ids[:-1] if reason == "stop" and ids and not tokenizer.decode(ids[-1:]) else ids
        text, cut = _before(tokenizer.decode(tokens), stop)
        logprobs = None if scored is None else tuple(one.logprob for one in scored[: len(tokens)])
    usage = answer.get("usage") or {}
    generated = usage.get("completion_tokens")
    return Answer(
        text=text,
        tokens=tokens,
        logprobs=logprobs,
        finish_reason="stop" if cut else reason,
        prompt_tokens=usage.get("prompt_tokens"),
        cached_tokens=_cached(answer, usage),
        generated_tokens=generated if generated is not None else len(ids) if ids is not None else None,
    )


def _text(choice: Mapping[str, Any], thinking: tuple[str, str] | None) -> str:  # Any: JSON
    """Return what was written. A thought that the server keeps apart is put back between the family's tags."""
    if "text" in choice:
        return str(choice["text"] or "")
    message = choice.get("message") or {}
    text = str(message.get("content") or "")
    thought = message.get("reasoning") or message.get("reasoning_content")
    if not thought or thinking is None:
        return text
    opened = f"{thinking[0]}{thought}"
    return f"{opened}{thinking[1]}{text}" if text or choice.get("finish_reason") == "stop" else opened


def _scored(choice: Mapping[str, Any]) -> list[Scored] | None:  # Any: JSON
    """Return the tokens with their logprobs, None where there are none: in the form of chats or in that of completions."""
    found = choice.get("logprobs") or {}
    if isinstance(content := found.get("content"), list):
        return [Scored(_bytes(one), float(one["logprob"]), one.get("id")) for one in content]
    tokens, values = found.get("tokens"), found.get("token_logprobs")
    if not isinstance(tokens, list) or not isinstance(values, list):
        return None
    pairs = zip(tokens, values, strict=True)
    return [Scored(str(token).encode("utf-8", "surrogatepass"), float(value or 0.0), None) for token, value in pairs]


def _bytes(token: Mapping[str, Any]) -> bytes:  # Any: JSON
    """Return a token's bytes: it may be part of a character."""
    coded = token.get("bytes")
    return bytes(coded) if coded is not None else str(token.get("token", "")).encode("utf-8", "surrogatepass")


def _ids(choice: Mapping[str, Any], scored: Sequence[Scored] | None) -> Tokens | None:  # Any: JSON
    if isinstance(stated := choice.get("token_ids"), list):
        return tuple(stated)
    ids = tuple(one.id for one in scored or () if one.id is not None)
    return ids if scored is not None and len(ids) == len(scored) else None


def _shared_out(tokens: Tokens, tokenizer: Tokenizer, scored: Sequence[Scored]) -> tuple[float, ...]:
    """Return for each token the sum of what begins in it; what begins after the last one is an end or a stop string."""
    ends = list(accumulate(len(tokenizer.decode((token,)).encode("utf-8", "surrogatepass")) for token in tokens))
    sums, start = [0.0] * len(tokens), 0
    for one in scored:
        place = bisect_right(ends, start)
        if place < len(sums):
            sums[place] += one.logprob
        start += len(one.text)
    return tuple(sums)


def _before(text: str, stop: Sequence[str]) -> tuple[str, bool]:
    """Return the text before the first stop string, and whether there was one: servers may take fewer than we have."""
    cuts = [at for at in map(text.find, stop) if at >= 0]
    return (text[: min(cuts)], True) if cuts else (text, False)


def _cached(answer: Mapping[str, Any], usage: Mapping[str, Any]) -> int:  # Any: JSON
    """Return the prompt tokens that were reused, 0 where the server does not say: vLLM does with
    `--enable-prompt-tokens-details`, llama-server in its timings as well."""
    details, timings = usage.get("prompt_tokens_details") or {}, answer.get("timings") or {}
    cached = details.get("cached_tokens")
    return int(timings.get("cache_n") or 0 if cached is None else cached)
