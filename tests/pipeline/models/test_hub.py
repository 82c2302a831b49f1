"""Models of the hub, from a cache laid out as its own client does, without a network."""

import json
from pathlib import Path

import pytest
from huggingface_hub import constants

from pipeline.models import policy
from schemas.errors import PolicyError
from tests.pipeline.models.small_tokenizers import QWEN, build

NAME = "Qwen/Qwen2.5-Math-7B-Instruct"
FIRST, SECOND = "0" * 40, "1" * 40


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with two commits of a model, `main` at the second; weights of neither."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    folder = tmp_path / f"models--{NAME.replace('/', '--')}"
    for commit, context in [(FIRST, 2048), (SECOND, 4096)]:
        snapshot = folder / "snapshots" / commit
        snapshot.mkdir(parents=True)
        config = {"model_type": "qwen2", "vocab_size": 512, "max_position_embeddings": context, "eos_token_id": 282}
        (snapshot / "config.json").write_text(json.dumps(config))
        build(QWEN).save(str(snapshot / "tokenizer.json"))
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(SECOND)
    return folder


def test_a_hub_model_is_described_from_its_small_files(cache: Path) -> None:
    found = policy.find(NAME)
    info = found.info("vllm", "auto")
    assert (info.name, info.revision, info.context_length) == (NAME, SECOND, 4096)
    assert info.family.name == "qwen2.5-math"
    assert (found.weights, found.hub_revision) == (NAME, SECOND)
    assert found.end_tokens("auto") == (282, 284)


def test_a_commit_can_be_named(cache: Path) -> None:
    found = policy.find(f"{NAME}@{FIRST}")
    assert (found.info("vllm", "auto").revision, found.context_length) == (FIRST, 2048)
    assert (found.weights, found.hub_revision) == (NAME, FIRST)


def test_a_folder_goes_before_a_hub_name(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(NAME).mkdir(parents=True)
    assert policy.find(NAME).hub_name is None


@pytest.mark.parametrize("name", ["Qwen/Qwen9-7B", f"{NAME}@no-such-branch", "Qwen/--"])
def test_a_model_that_is_not_to_be_had_is_named_with_the_remedy(cache: Path, name: str) -> None:
    with pytest.raises(
        PolicyError, match=f"the model {name} is neither .*`hf download {name.partition('@')[0]}`.*HF_HOME"
    ):
        policy.find(name)


def test_a_damaged_file_of_the_cache_can_be_fetched_again(cache: Path) -> None:
    (cache / "snapshots" / SECOND / "config.json").write_text("{")
    with pytest.raises(PolicyError, match=f"damaged .*`hf download {NAME} --revision {SECOND} --force-download`"):
        policy.find(NAME).info("vllm", "auto")


@pytest.mark.parametrize("name", ["a/b/c", "/a/b", "a/b@", "a", "./b/c"])
def test_what_cannot_be_a_hub_name_is_a_missing_folder(cache: Path, name: str) -> None:
    with pytest.raises(PolicyError, match=f"no policy folder {name}; embedded policies: "):
        policy.find(name)
