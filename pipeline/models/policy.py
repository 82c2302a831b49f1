"""The embedded policies: small models of the project's own, one folder each under `policies/`.

A folder holds `config.json`, `tokenizer.json`, `model.safetensors` (what vLLM and transformers load), the OpenVINO IR's
`openvino_model.xml` with `openvino_layout.json`, the tokenizer's IR, and `card.json` with `CARD.md`. The IR's weights are the
same tensors in another order, so `openvino_model.bin` is rebuilt here and not stored: twice the parameters per committed
megabyte.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import tokenizers

from schemas.errors import PolicyError
from schemas.model import ModelInfo, Tokens

POLICIES = Path(__file__).resolve().parent / "policies"


def _restore(path: Path) -> str:
    inside = POLICIES in path.resolve().parents
    remedy = f"restore it with `git checkout -- {path}`" if inside else "restore it from where it came"
    return f"{remedy}, or name another policy under [model]"


class FileTokenizer:
    """A `tokenizer.json` behind the protocol of `schemas.model`."""

    def __init__(self, path: Path) -> None:
        self._inner = tokenizers.Tokenizer.from_file(str(path))

    def encode(self, text: str) -> Tokens:
        """Return the ids of `text`, without special tokens."""
        return tuple(self._inner.encode(text, add_special_tokens=False).ids)

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`; special tokens give nothing."""
        return str(self._inner.decode(list(tokens), skip_special_tokens=True))


@dataclass(frozen=True)
class Policy:
    """One policy on disk."""

    folder: Path

    @cached_property
    def card(self) -> dict[str, Any]:  # Any: the card is JSON
        """What it was trained on, what it can do, the hashes of its files."""
        return self._json("card.json")

    @cached_property
    def tokenizer(self) -> FileTokenizer:
        """Its tokenizer."""
        path = self._existing("tokenizer.json")
        try:
            return FileTokenizer(path)
        except Exception as error:  # the tokenizers library raises nothing narrower
            raise PolicyError(f"{path} is damaged ({error}); {_restore(path)}") from error

    @cached_property
    def vocabulary(self) -> int:
        """Number of token ids."""
        return int(self._value("config.json", "vocab_size"))

    @cached_property
    def end_token(self) -> int:
        """Id of the end-of-sequence token."""
        return int(self._value("config.json", "eos_token_id"))

    def info(self, engine: str) -> ModelInfo:
        """Describe it for rows and generators."""
        return ModelInfo(
            name=str(self._value("card.json", "name")),
            revision=str(self._value("card.json", "revision")),
            engine=engine,
            context_length=int(self._value("config.json", "max_position_embeddings")),
            can_continue=True,
            template=str(self._value("card.json", "template")),
        )

    def prepare_openvino(self) -> None:
        """Write `openvino_model.bin` from the safetensors unless it is there and whole. Raises PolicyError."""
        for name in ("openvino_model", "openvino_tokenizer", "openvino_detokenizer"):
            self._check_xml(f"{name}.xml")
        layout, digest = self._json("openvino_layout.json"), self._value("openvino_layout.json", "sha256")
        target = self.folder / "openvino_model.bin"
        if target.exists() and _sha256(target.read_bytes()) == digest:
            return
        weights = _assembled(layout, self._existing("model.safetensors"))
        if _sha256(weights) != digest:
            path = self.folder / "model.safetensors"
            raise PolicyError(f"{path} is damaged (the weights do not have the recorded hash); {_restore(path)}")
        temporary = target.with_suffix(f".{os.getpid()}.tmp")
        try:
            temporary.write_bytes(weights)
            temporary.replace(target)
        except OSError as error:
            raise PolicyError(
                f"{target} cannot be written ({error.strerror}); it is made once from model.safetensors, so make the folder "
                "writable or copy it to a place that is"
            ) from error

    def _existing(self, name: str) -> Path:
        path = self.folder / name
        if not path.is_file():
            raise PolicyError(f"{path} is missing; {_restore(path)}")
        return path

    def _json(self, name: str) -> dict[str, Any]:  # Any: JSON
        path = self._existing(name)
        try:
            return dict(json.loads(path.read_text()))
        except (ValueError, TypeError) as error:
            raise PolicyError(f"{path} is damaged ({error}); {_restore(path)}") from error

    def _value(self, name: str, key: str) -> Any:  # Any: JSON
        loaded = self._json(name)
        if key not in loaded:
            path = self.folder / name
            raise PolicyError(f"{path} is damaged (no {key!r} in it); {_restore(path)}")
        return loaded[key]

    def _check_xml(self, name: str) -> None:
        """Find out here what the engine's child would only die of."""
        path = self._existing(name)
        try:
            ElementTree.parse(path)
        except ElementTree.ParseError as error:
            raise PolicyError(f"{path} is damaged ({error}); {_restore(path)}") from error


def find(name: str) -> Policy:
    """Return the policy of that name, or in that folder. Raises PolicyError that lists the names there are."""
    folder = POLICIES / name if "/" not in name else Path(name)
    if not folder.is_dir():
        known = (
            ", ".join(sorted(path.name for path in POLICIES.iterdir() if path.is_dir())) if POLICIES.is_dir() else ""
        )
        raise PolicyError(f"no policy folder {folder}; embedded policies: {known or 'none'}")
    return Policy(folder)


def _assembled(layout: dict[str, Any], safetensors: Path) -> bytes:  # Any: JSON
    """Return the IR's weights file: tensors of the safetensors file and a few literal constants, at recorded offsets."""
    data = safetensors.read_bytes()
    weights = bytearray(int(layout["bytes"]))
    try:
        header_size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + header_size])
        for part in layout["parts"]:
            if "tensor" in part:
                start, end = header[part["tensor"]]["data_offsets"]
                content = data[8 + header_size + start : 8 + header_size + end]
            else:
                content = bytes.fromhex(part["hex"])
            weights[part["offset"] : part["offset"] + len(content)] = content
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyError(f"{safetensors} is damaged ({error!r}); {_restore(safetensors)}") from error
    return bytes(weights)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
