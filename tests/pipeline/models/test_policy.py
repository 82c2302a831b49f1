"""Policies on disk: whole ones load, damaged ones are named together with the remedy; anybody's model is described."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pipeline.models import openvino, policy
from pipeline.models.policy import Policy
from schemas.errors import ConfigError, PolicyError
from tests.pipeline.models.small_tokenizers import DEEPSEEK, LLAMA, QWEN, build

MATH = policy.POLICIES / "math"
BIN = "openvino_model.bin"


@pytest.fixture
def copy(tmp_path: Path) -> Policy:
    """A copy of the embedded policy as a clone has it: without the rebuilt weights file."""
    return Policy(shutil.copytree(MATH, tmp_path / "math", ignore=shutil.ignore_patterns("*.bin.tmp", BIN)))


def load(one: Policy) -> None:
    """Do with the policy what a run does before the engine starts."""
    engine = openvino.load(str(one.folder), "auto", openvino.Config())
    engine.close()


def test_the_weights_file_is_rebuilt_with_the_recorded_hash(copy: Policy) -> None:
    copy.prepare_openvino()
    recorded = json.loads((copy.folder / "openvino_layout.json").read_text())
    content = (copy.folder / BIN).read_bytes()
    assert sha256(content).hexdigest() == recorded["sha256"]
    assert len(content) == recorded["bytes"]
    assert not list(copy.folder.glob("*.tmp"))


def test_whole_weights_are_not_written_again(copy: Policy) -> None:
    copy.prepare_openvino()
    before = (copy.folder / BIN).stat().st_mtime_ns
    copy.prepare_openvino()
    assert (copy.folder / BIN).stat().st_mtime_ns == before


@pytest.mark.parametrize("content", [b"", b"torn"])
def test_damaged_rebuilt_weights_are_rebuilt_again(copy: Policy, content: bytes) -> None:
    (copy.folder / BIN).write_bytes(content)
    copy.prepare_openvino()
    recorded = json.loads((copy.folder / "openvino_layout.json").read_text())
    assert sha256((copy.folder / BIN).read_bytes()).hexdigest() == recorded["sha256"]


NEEDED = ["card.json", "config.json", "tokenizer.json", "openvino_layout.json", "openvino_model.xml"]
NEEDED += ["openvino_tokenizer.xml", "openvino_detokenizer.xml"]
by_file = pytest.mark.parametrize("name", [*NEEDED, "model.safetensors"])


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def other_bytes(content: bytes) -> bytes:
    return content[:-64] + bytes(64)


DAMAGES: list[Callable[[bytes], bytes]] = [half, lambda _: b"", lambda _: b"\xff\x00garbage", lambda _: b"[1]"]


@by_file
def test_a_missing_file_is_named_with_the_remedy(copy: Policy, name: str) -> None:
    (copy.folder / name).unlink()
    expect_error(copy, name, "missing")


@by_file
@pytest.mark.parametrize("damage", DAMAGES, ids=["half", "empty", "garbage", "other"])
def test_a_damaged_file_is_named_with_the_remedy(copy: Policy, name: str, damage: Callable[[bytes], bytes]) -> None:
    path = copy.folder / name
    path.write_bytes(damage(path.read_bytes()))
    expect_error(copy, name, "damaged")


def test_weights_of_another_model_are_noticed(copy: Policy) -> None:
    path = copy.folder / "model.safetensors"
    path.write_bytes(other_bytes(path.read_bytes()))
    expect_error(copy, path.name, "hash")


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_file_is_noticed_with_the_weights_rebuilt_before(copy: Policy, name: str) -> None:
    copy.prepare_openvino()
    (copy.folder / name).unlink()
    expect_error(copy, name, "missing")


def expect_error(one: Policy, name: str, word: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load(one)
    message = str(caught.value)
    assert str(one.folder / name) in message and word in message
    assert "restore it from where it came" in message  # a copy outside the repository


def test_an_unknown_policy_lists_the_known_ones() -> None:
    with pytest.raises(PolicyError, match="no policy folder .*maths.*math"):
        policy.find("maths")


def test_a_policy_may_be_a_folder(copy: Policy) -> None:
    assert policy.find(str(copy.folder)).info("openvino", "auto") == policy.find("math").info("openvino", "auto")


def test_the_family_of_an_embedded_policy_is_that_of_its_card(copy: Policy) -> None:
    assert copy.info("openvino", "auto").family.name == "bare"
    path = copy.folder / "card.json"
    path.write_text(path.read_text().replace('"bare"', '"plain"'))
    assert Policy(copy.folder).info("openvino", "auto").family.name == "plain"
    assert Policy(copy.folder).info("openvino", "bare").family.name == "bare"


def test_the_tokenizer_is_exact_on_what_the_families_write() -> None:
    tokenizer = policy.find("math").tokenizer
    text = "Mia has 3 apples.\nSolve for x: 3(x - 4) + 2 = -5x\nEvaluate (3 + 4) * 5\nAnswer: -7/3\n"
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens) == text
    assert max(tokens) < policy.find("math").vocabulary
    assert tokenizer.decode([*tokens, *policy.find("math").end_tokens("auto")]) == text


CONFIG = {"model_type": "qwen2", "vocab_size": 512, "max_position_embeddings": 4096, "eos_token_id": 282}


def a_model(
    folder: Path,
    added: tuple[tuple[str, bool], ...] = QWEN,
    *,
    beginning: str | None = None,
    generation: dict[str, Any] | None = None,
    **config: Any,
) -> Policy:
    """Write a folder as transformers does, weights of eight bytes, and return it. `config`: further keys of config.json."""
    folder.mkdir()
    build(added, beginning=beginning).save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(CONFIG | config))
    if generation is not None:
        (folder / "generation_config.json").write_text(json.dumps(generation))
    (folder / "model.safetensors").write_bytes(b"weights!")
    return policy.find(str(folder))


def test_anybodys_folder_is_described(tmp_path: Path) -> None:
    one = a_model(tmp_path / "Qwen2.5-Math-7B-Instruct")
    info = one.info("vllm", "auto")
    assert (info.name, info.engine, info.family.name) == ("Qwen2.5-Math-7B-Instruct", "vllm", "qwen2.5-math")
    assert (info.context_length, info.can_continue, one.vocabulary) == (4096, True, 512)
    assert (one.weights, one.hub_revision) == (str(one.folder), None)


@pytest.mark.parametrize(
    ("in_config", "in_generation", "ends"),
    [
        (282, None, (282, 284)),
        (283, {"eos_token_id": [284, 282]}, (282, 283, 284)),
        (None, {"eos_token_id": 283}, (282, 283, 284)),
        ([283, 285], {"temperature": 0.6}, (282, 283, 284, 285)),
    ],
)
def test_a_completion_ends_at_every_token_that_anything_names(
    tmp_path: Path, in_config: Any, in_generation: dict[str, Any] | None, ends: tuple[int, ...]
) -> None:
    one = a_model(tmp_path / "m", eos_token_id=in_config, generation=in_generation)
    assert one.end_tokens("qwen3") == ends  # 282 is <|endoftext|>, 284 <|im_end|>


def test_a_model_that_would_never_end_is_refused(tmp_path: Path) -> None:
    one = a_model(tmp_path / "m", (), eos_token_id=None)
    with pytest.raises(PolicyError, match="config.json names no eos_token_id"):
        one.end_tokens("plain")


def test_a_base_model_gets_the_beginning_of_its_tokenizer_once(tmp_path: Path) -> None:
    one = a_model(tmp_path / "Llama-3.1-8B", LLAMA, beginning="<|begin_of_text|>")
    template = one.info("vllm", "auto").family.template
    assert template == "<|begin_of_text|>{prompt}"
    assert one.tokenizer.prompt(template, "What") == (282, 260)
    asked = one.info("vllm", "llama-3").family.template
    assert one.tokenizer.prompt(asked, "What").count(282) == 1


def test_a_family_whose_tokens_the_tokenizer_lacks_is_refused(tmp_path: Path) -> None:
    one = a_model(tmp_path / "m", DEEPSEEK)
    assert one.info("vllm", "deepseek-r1").family.name == "deepseek-r1"
    with pytest.raises(PolicyError, match="tokenizer of m has no token <|im_start|>"):
        one.info("vllm", "qwen3")
    with pytest.raises(PolicyError, match="family of m .* cannot be told"):
        one.info("vllm", "auto")
    with pytest.raises(ConfigError, match="did you mean 'deepseek-r1'"):
        one.info("vllm", "deepseek")
    with pytest.raises(ConfigError, match='"chat" is for servers'):
        one.info("vllm", "chat")


@pytest.mark.parametrize(
    ("config", "length"),
    [
        ({"rope_scaling": None}, 4096),
        ({"rope_scaling": {"type": "linear", "factor": 4.0}}, 16384),
        ({"rope_parameters": {"rope_type": "dynamic", "factor": 2, "rope_theta": 1e4}}, 8192),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 1024}}, 4096),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, 4096),
        ({"text_config": {"max_position_embeddings": 64}}, 64),
    ],
)
def test_the_context_is_what_the_configuration_states(tmp_path: Path, config: dict[str, Any], length: int) -> None:
    assert a_model(tmp_path / "m", **config).context_length == length


def test_the_revision_of_a_folder_is_its_content(tmp_path: Path) -> None:
    one = a_model(tmp_path / "a")
    shutil.copytree(one.folder, tmp_path / "b")
    assert Policy(tmp_path / "b").revision == one.revision
    for name, content in [("model.safetensors", b"weights?"), ("config.json", b"{}"), ("tokenizer.json", b"{}")]:
        other = shutil.copytree(one.folder, tmp_path / name)
        (other / name).write_bytes(content)
        assert Policy(other).revision != one.revision, name


def test_large_weights_are_sampled_and_the_revision_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = a_model(tmp_path / "a")
    content = bytes(range(256)) * 4096 * 12  # 12 MB: a block in three is read
    (one.folder / "model.safetensors").write_bytes(content)
    whole = Policy(one.folder).revision
    monkeypatch.setattr(policy, "WHOLE_BYTES", len(content))
    sampled = Policy(one.folder).revision
    assert sampled.startswith("sampled-") and whole not in sampled
    (one.folder / "model.safetensors").write_bytes(content[::-1])
    assert Policy(one.folder).revision.startswith("sampled-")
    assert Policy(one.folder).revision != sampled
    (one.folder / "model.safetensors").unlink()
    assert Policy(one.folder).revision.startswith("no-weights-")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_what_anybodys_folder_lacks_is_named(tmp_path: Path, name: str) -> None:
    one = a_model(tmp_path / "m")
    (one.folder / name).unlink()
    with pytest.raises(PolicyError, match=f"{name} is missing.*save_pretrained"):
        Policy(one.folder).info("vllm", "plain")


@pytest.mark.parametrize("key", ["vocab_size", "max_position_embeddings"])
def test_a_number_that_the_configuration_lacks_is_named(tmp_path: Path, key: str) -> None:
    one = a_model(tmp_path / "m")
    (one.folder / "config.json").write_text(json.dumps(CONFIG | {key: None}))
    with pytest.raises(PolicyError, match=f"config.json is damaged .*'{key}'"):
        print(one.vocabulary, one.context_length)


def test_the_embedded_engine_refuses_another_layout_and_says_which_engine_takes_it(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match='layout of the embedded policies.*engine = "vllm"'):
        a_model(tmp_path / "m").prepare_openvino()
