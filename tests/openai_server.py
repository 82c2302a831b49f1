"""A real HTTP server on loopback that serves one of our models in the OpenAI wire format, and fails when it is told to.

    with serving(model) as server:
        http.load("it", "bare", http.Config(url=server.url))

It speaks like the kind of server it is told to be: what it answers when it is asked about itself, which prompts it takes,
which seeds it knows, and what its answers hold are those of vLLM 0.32, llama-server and Ollama as their sources have them.
"""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from schemas.model import Completion, Model, SamplingParams
from tests.doubles import collect

Json = dict[str, Any]  # Any: JSON

END = 127
"""Id of the end token of `code_point_files`."""


@dataclass(slots=True)
class Faults:
    """What goes wrong. Lists and counts are used up: each request takes one, and those after them are answered."""

    statuses: list[int] = field(default_factory=list)
    """Status of the next requests."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers of answers with such a status."""
    resets: int = 0
    """Connections that are broken off instead of answered."""
    halves: int = 0
    """Answers that end in the middle."""
    hangs: int = 0
    """Requests that are never answered."""
    aborts: int = 0
    """Answers with finish_reason "abort"."""
    pages: int = 0
    """Answers with status 200 that are a web page."""
    poison: str = ""
    """Requests that hold this text always fail with status 500."""
    refuse: str = ""
    """Requests that hold this text are refused with status 400."""
    only: int = 0
    """Status of every request, 0 for none."""
    finish_reason: str = ""
    """Instead of the true one."""


@dataclass(slots=True)
class Server:
    """A server that runs; what it was asked is for tests to look at."""

    model: Model
    kind: str = "vllm"
    name: str = "it"
    key: str = ""
    """Requests must carry it."""
    chat_trims: bool = False
    """Whether its chat template trims messages, as that of Llama 3 does."""
    logprobs: bool = True
    ids: bool = True
    """Whether it returns token ids when asked."""
    end: int | None = None
    """Appended to the ids of a completion that ended by itself."""
    root: str = ""
    """Where it says that the model is."""
    cached: int | None = None
    """What it reports of every prompt."""
    thinks_apart: str = ""
    """A thought that chat answers carry beside their text."""
    delay_s: float = 0.0
    faults: Faults = field(default_factory=Faults)
    port: int = 0
    requests: list[Json] = field(default_factory=list)
    """Bodies of the requests for completions, those that failed too."""
    headers: list[dict[str, str]] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    """When each came, by the monotonic clock."""
    asked: Counter[str] = field(default_factory=Counter)
    """Paths."""
    abandoned: int = 0
    """Requests whose client went away before the answer."""
    under_way: int = 0
    most_under_way: int = 0
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Its address, without /v1."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the port it had before if it had one."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Go away without a word, as a killed server does; `start` brings it back."""
        if self._loop is None or self._thread is None:
            return
        self._call(self._drop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        assert self._loop is not None
        found: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return found.result(10)

    async def _drop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=5)  # they notice that nobody is there

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
                content = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self._answer(head[0].split()[1], headers, content, reader, writer):
                    break
        self._writers.discard(writer)
        writer.close()

    async def _answer(
        self,
        path: str,
        headers: dict[str, str],
        content: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Answer one request; return whether the connection goes on."""
        self.asked[path] += 1
        body: Json = json.loads(content) if content else {}
        if not path.startswith("/v1/") or path == "/v1/models":
            status, told = self._told(path, body, headers)
            return await _write(writer, status, json.dumps(told))
        self.requests.append(body)
        self.headers.append(headers)
        self.arrived.append(time.monotonic())
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        working, left = asyncio.create_task(self._complete(path, body, headers)), asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({working, left}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                self.abandoned += 1
                return False
            status, answer, extra = working.result()
        finally:
            self.under_way -= 1
            await _end(working, left)
        if status == 0:
            writer.transport.abort()
            return False
        return await _write(writer, status, answer, extra, whole=not _take(self.faults, "halves"))

    async def _complete(self, path: str, body: Json, headers: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """Return status, content and headers; status 0 is a broken connection."""
        faults, text = self.faults, json.dumps(body, ensure_ascii=False)
        if faults.only:
            return faults.only, _error(f"told to say so to {headers.get('authorization')}"), {}
        if faults.statuses:
            return faults.statuses.pop(0), _error("told to fail"), faults.headers
        if _take(faults, "resets"):
            return 0, "", {}
        if _take(faults, "hangs"):
            await asyncio.sleep(3600)
        if _take(faults, "pages"):
            return 200, "<html>try again</html>", {}
        if faults.poison and faults.poison in text:
            return 500, _error("this one kills me"), {}
        if faults.refuse and faults.refuse in text:
            return 400, _error("this one is refused"), {}
        if self.key and headers.get("authorization") != f"Bearer {self.key}":
            return 401, _error(f"Incorrect API key provided: {headers.get('authorization')}"), {}
        if body.get("model") != self.name and self.kind != "llama-server":
            return 404, _error(f"The model `{body.get('model')}` does not exist."), {}
        await asyncio.sleep(self.delay_s)
        try:
            return 200, json.dumps(await self._drawn(path, body)), {}
        except ValueError as error:
            return 400, _error(str(error)), {}

    async def _drawn(self, path: str, body: Json) -> Json:
        tokenizer, chat = self.model.tokenizer, path.endswith("/chat/completions")
        prompt = self._rendered(body) if chat else body["prompt"]
        if isinstance(prompt, list) and self.kind not in ("vllm", "llama-server"):
            raise ValueError("prompts are text here")
        tokens = tuple(prompt) if isinstance(prompt, list) else tokenizer.encode(prompt)
        if self.kind == "llama-server" and body["seed"] >= 2**32 - 1:
            raise ValueError("a seed of more than 32 bits is cut, and 2**32 - 1 is none")
        stop = tuple(body.get("stop", ()))
        if len(stop) > 4 and self.kind == "openai":
            raise ValueError("at most 4 stop strings")
        limit = body.get("max_tokens") or body["max_completion_tokens"]
        params = SamplingParams(temperature=body["temperature"], top_p=body["top_p"], max_tokens=limit, stop=stop)
        (drawn,) = await collect(self.model.sample(tokens, 1, params, body["seed"]))
        choice: Json = {"index": 0, "finish_reason": self.faults.finish_reason or drawn.finish_reason}
        if _take(self.faults, "aborts"):
            choice["finish_reason"] = "abort"
        choice |= {"message": {"role": "assistant", "content": drawn.text}} if chat else {"text": drawn.text}
        if self.thinks_apart:
            choice["message"]["reasoning_content"] = self.thinks_apart
        return {"choices": [choice | self._details(drawn, body, chat)], "usage": self._usage(drawn)}

    def _details(self, drawn: Completion, body: Json, chat: bool) -> Json:
        """Return what the kind of server adds to a choice: ids and logprobs, the end token's too."""
        ended = self.end is not None and drawn.finish_reason == "stop"
        ids = [*drawn.tokens, *([self.end] if ended and self.end else [])]
        found: Json = {}
        if self.kind == "vllm" and self.ids and body.get("return_token_ids"):
            found["token_ids"] = ids
        asked = body.get("logprobs")  # 0 asks a completion for those of the drawn tokens
        wanted = (asked is not None and asked is not False) or body.get("n_probs")
        if not (wanted and self.logprobs) or drawn.logprobs is None:
            return found
        values = [*drawn.logprobs, *([-0.25] if ended else [])]
        texts = [self.model.tokenizer.decode((token,)) for token in ids]
        if chat or self.kind == "llama-server":
            content = [
                {"token": text, "bytes": list(text.encode()), "logprob": value}
                | ({"id": token} if self.kind == "llama-server" and self.ids else {})
                for token, text, value in zip(ids, texts, values, strict=True)
            ]
            return found | {"logprobs": {"content": content}}
        return found | {"logprobs": {"tokens": texts, "token_logprobs": values}}

    def _usage(self, drawn: Completion) -> Json:
        ended = self.end is not None and drawn.finish_reason == "stop"
        generated = drawn.generated_tokens + ended
        usage: Json = {"prompt_tokens": drawn.prompt_tokens, "completion_tokens": generated}
        usage["total_tokens"] = drawn.prompt_tokens + generated
        return usage if self.cached is None else usage | {"prompt_tokens_details": {"cached_tokens": self.cached}}

    def _rendered(self, body: Json) -> str:
        """Return the prompt that a conversation becomes; a last assistant message stays open if it is asked to."""
        user, *rest = body["messages"]
        prefix = rest[0]["content"] if rest else ""
        if rest and not body.get("continue_final_message"):
            return f"{user['content']}\n{prefix}<end>\n"
        return f"{user['content']}\n{prefix.rstrip() if self.chat_trims else prefix}"

    def _told(self, path: str, body: Json, headers: dict[str, str]) -> tuple[int, Json]:
        """Return what it says of itself."""
        if self.faults.only:
            return self.faults.only, {}
        if self.key and path == "/v1/models" and headers.get("authorization") != f"Bearer {self.key}":
            return 401, {}
        tokenizer, length = self.model.tokenizer, self.model.info.context_length
        entry = {"id": self.name, "object": "model"}
        answers: dict[str, dict[str, Callable[[], Json]]] = {
            "vllm": {
                "/version": lambda: {"version": "0.32.0"},
                "/v1/models": lambda: {"data": [entry | {"root": self.root or self.name, "max_model_len": length}]},
                "/tokenize": lambda: {"tokens": list(tokenizer.encode(self._rendered(body)))},
                "/detokenize": lambda: {"prompt": tokenizer.decode(body["tokens"])},
            },
            "llama-server": {
                "/props": lambda: {"default_generation_settings": {"n_ctx": length}},
                "/v1/models": lambda: {"data": [entry | {"meta": {"n_params": 1}}]},
                "/detokenize": lambda: {"content": tokenizer.decode(body["tokens"])},
                "/apply-template": lambda: {"prompt": self._rendered(body)},
            },
            "ollama": {
                "/api/version": lambda: {"version": "0.32.3"},
                "/api/tags": lambda: {"models": [{"name": f"{self.name}:latest", "digest": "sha256:" + "ab" * 32}]},
                "/api/show": lambda: {"template": "{{ .Prompt }}", "parameters": f"stop   x\nnum_ctx   {length}"},
            },
            "openai": {"/v1/models": lambda: {"data": [entry]}},
        }
        known = answers[self.kind].get(path)
        return (200, known()) if known else (404, {"detail": "Not Found"})


@contextmanager
def serving(model: Model, **told: Any) -> Iterator[Server]:
    """Serve `model` while the block runs. `told`: fields of Server, which checks their names."""
    server = replace(Server(model=model), **told)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def code_point_files(folder: Path, context_length: int = 4096) -> Path:
    """Write a model folder whose tokenizer is `scripted.CodePoints` for ASCII, with an end token that shows as nothing."""
    inner = tokenizers.Tokenizer(models.WordLevel({chr(i): i for i in range(127)} | {"<end>": END}, unk_token="\x00"))
    inner.pre_tokenizer = pre_tokenizers.Split(tokenizers.Regex(r"[\s\S]"), "isolated")
    inner.decoder = decoders.Fuse()
    inner.add_special_tokens(["<end>"])
    folder.mkdir(parents=True, exist_ok=True)
    inner.save(str(folder / "tokenizer.json"))
    config = {
        "vocab_size": 128,
        "eos_token_id": END,
        "max_position_embeddings": context_length,
        "model_type": "scripted",
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def _take(faults: Faults, name: str) -> bool:
    """Use up one fault of a kind, if there is one left."""
    left: int = getattr(faults, name)
    if left:
        setattr(faults, name, left - 1)
    return bool(left)


def _error(message: str) -> str:
    return json.dumps({"error": {"message": message, "type": "told"}})


async def _end(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _write(
    writer: asyncio.StreamWriter, status: int, content: str, extra: dict[str, str] | None = None, whole: bool = True
) -> bool:
    """Write an answer, or half of it; return whether the connection goes on."""
    coded = content.encode()
    lines = {"content-type": "application/json", "content-length": str(len(coded))} | (extra or {})
    head = f"HTTP/1.1 {status} Told\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    writer.write(head.encode() + (coded if whole else coded[: len(coded) // 2]))
    await writer.drain()
    if not whole:
        writer.transport.close()
    return whole
