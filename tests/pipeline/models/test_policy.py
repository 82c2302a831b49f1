"""Policies on disk: whole ones load, damaged ones are named together with the remedy."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.models import openvino, policy
from pipeline.models.policy import Policy
from schemas.errors import PolicyError

MATH = policy.POLICIES / "math"
BIN = "openvino_model.bin"

pytestmark = pytest.mark.skipif(not MATH.is_dir(), reason="there is no embedded policy")


@pytest.fixture
def copy(tmp_path: Path) -> Policy:
    """A copy of the embedded policy as a clone has it: without the rebuilt weights file."""
    return Policy(shutil.copytree(MATH, tmp_path / "math", ignore=shutil.ignore_patterns("*.bin.tmp", BIN)))


def load(one: Policy) -> None:
    """Do with the policy what a run does before the engine starts."""
    engine = openvino.load(one, openvino.Config())
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
    assert policy.find(str(copy.folder)).info("openvino") == policy.find("math").info("openvino")


def test_the_tokenizer_is_exact_on_what_the_families_write() -> None:
    tokenizer = policy.find("math").tokenizer
    text = "Mia has 3 apples.\nSolve for x: 3(x - 4) + 2 = -5x\nEvaluate (3 + 4) * 5\nAnswer: -7/3\n"
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens) == text
    assert max(tokens) < policy.find("math").vocabulary
    assert tokenizer.decode([*tokens, policy.find("math").end_token]) == text
