"""What the http engine finds out of a server, which configurations it takes, and that the key stays a secret."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.models import http
from pipeline.models.http_model import HttpModel
from schemas.errors import ConfigError, EngineError, StepmillError
from schemas.model import Completion
from tests.doubles import collect
from tests.http_engine import PARAMS, PROMPT, run, scripted_model
from tests.openai_server import Faults, Server, serving

KEY = "sk-this-is-the-key"


def test_the_description_is_the_models_own_and_what_the_server_says(server: Server) -> None:
    config = http.Config(url=server.url + "/v1/", revision="r7")
    info = http.describe("it", "bare", config)
    assert info == http.load("it", "bare", config).info
    assert (info.name, info.revision, info.engine, info.context_length) == ("it", "r7", "http", 4096)
    assert http.describe("it", "bare", replace(config, context_length=512)).context_length == 512
    assert server.requests == []  # nothing is drawn before the first sample


def test_ollama_and_llama_server_say_their_revision() -> None:
    with serving(scripted_model(), kind="ollama") as server:
        info = http.describe("it", "bare", http.Config(url=server.url))
        assert (info.revision, info.context_length, info.can_continue) == ("abababababab", 4096, True)
    with serving(scripted_model(), kind="llama-server") as server:
        info = http.describe("it", "bare", http.Config(url=server.url))
        assert info.revision.startswith("gguf-") and info.context_length == 4096


def test_a_model_that_is_not_served_is_named_with_those_that_are(server: Server) -> None:
    with pytest.raises(ConfigError, match="does not serve 'other' but 'it'"):
        http.describe("other", "bare", http.Config(url=server.url))


def test_a_server_that_is_not_there_is_named_with_the_remedy(server: Server) -> None:
    server.stop()
    with pytest.raises(EngineError, match=f"{server.url}/v1 cannot be reached.*start the server"):
        http.describe("it", "bare", http.Config(url=server.url))
    server.start()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"url": ""}, "no address"),
        ({"url": "localhost:8000"}, "no address"),
        ({"url": "http://me:secret@localhost:8000"}, "no name, password"),
        ({"url": "http://localhost", "api": "chats"}, "http.api = 'chats' is not one of completions, chat"),
        ({"url": "http://localhost", "server": "tgi"}, "is not one of auto, vllm"),
        ({"url": "http://localhost", "attempts": 0}, "http.attempts = 0 must be at least 1"),
        ({"url": "http://localhost", "key_env": "NO_SUCH_VARIABLE"}, r"\$NO_SUCH_VARIABLE, which is not set"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        http.describe("it", "bare", http.Config(**config))
    assert "secret" not in str(caught.value)


def test_files_are_refused_where_prompts_are_text(server: Server, files: Path) -> None:
    with pytest.raises(ConfigError, match="http.tokenizer is of use for completions"):
        http.describe("it", "auto", http.Config(url=server.url, api="chat", tokenizer=str(files)))


def test_it_takes_no_gpu_and_is_not_missing() -> None:
    assert http.gpus(http.Config()) == 0
    assert http.missing() is None


def test_the_key_is_sent_and_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    with serving(scripted_model(), kind="openai", key=KEY) as server:

        async def work(model: HttpModel) -> list[Completion]:
            good = await collect(model.sample(PROMPT, 1, PARAMS, 3))
            seen.extend(map(repr, (model, model.info, model._client, vars(model), vars(model._client), good)))
            server.key = "another"
            for faults in (Faults(), Faults(only=404), Faults(only=503), Faults(only=400)):
                server.faults = faults
                with pytest.raises((StepmillError, ValueError)) as caught:
                    await collect(model.sample(PROMPT, 1, PARAMS, 3))
                seen.append(f"{caught.value!r} {caught.value}")
            return good

        (one,) = run(server, work, key_env="THE_KEY", patience_s=0.01)
        assert server.headers[0]["authorization"] == f"Bearer {KEY}"
        assert "check the key in $THE_KEY" in "".join(seen)
        assert KEY not in json.dumps(server.requests)
    printed = capsys.readouterr()
    for text in (*seen, repr(one), caplog.text, printed.out, printed.err):
        assert KEY not in text


def test_a_server_that_wants_a_key_is_told_apart_from_one_that_is_not_there(server: Server) -> None:
    server.key = KEY
    with pytest.raises(EngineError, match="refuses us.*set key_env"):
        http.describe("it", "bare", http.Config(url=server.url))


def test_proxies_of_the_environment_do_not_stand_between_us_and_this_machine(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert len(run(server, n=1)) == 1
