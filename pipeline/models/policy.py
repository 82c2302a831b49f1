"""Policies: a model's files, and what can be said of it without its weights in memory.

Two layouts. A folder of the project's own, as those under `policies/`, holds `config.json`, `tokenizer.json`,
`model.safetensors` (what vLLM and transformers load), the OpenVINO IR's `openvino_model.xml` with `openvino_layout.json`,
the tokenizer's IR, and `card.json` with `CARD.md`. The IR's weights are the same tensors in another order, so
`openvino_model.bin` is rebuilt here and not stored: twice the parameters per committed megabyte. Any other model is as
transformers saves it: `config.json`, `generation_config.json`, `tokenizer.json` and `*.safetensors`.
"""

import hashlib
import json
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pipeline.models import hub, model_families
from pipeline.models.file_tokenizer import FileTokenizer
from schemas.errors import ConfigError, PolicyError
from schemas.model import ModelFamily, ModelInfo

POLICIES = Path(__file__).resolve().parent / "policies"

WHOLE_BYTES = 1_000_000_000
"""Weights smaller than this are hashed whole, 2 s at most; larger ones by their sizes and blocks spread over each file."""
_BLOCK, _BLOCKS = 65_536, 64

_SCALED_BY_FACTOR = ("linear", "dynamic")
"""Kinds of RoPE scaling whose factor `max_position_embeddings` does not contain yet; that of YaRN, Llama 3 and LongRoPE does
(`_get_and_verify_max_len` of vLLM 0.32)."""


def embedded() -> list[str]:
    """Return the names of the embedded policies, sorted."""
    return sorted(path.name for path in POLICIES.iterdir() if path.is_dir()) if POLICIES.is_dir() else []


def find(name: str) -> "Policy":
    """Return the policy of that name: an embedded one, a folder (with a `/` in it), or `Owner/Name[@revision]` of the hub.

    A folder goes before a hub name. Raises PolicyError that lists what there is.
    """
    if name in embedded():
        return Policy(POLICIES / name)
    folder = Path(name).expanduser()
    if "/" in name and folder.is_dir():
        return Policy(folder)
    if hub.is_name(name):
        snapshot = hub.fetch(name)
        return Policy(snapshot.folder, snapshot.name, snapshot.commit)
    raise PolicyError(f"no policy folder {name}; embedded policies: {', '.join(embedded()) or 'none'}")


@dataclass(frozen=True)
class Policy:
    """One model's files."""

    folder: Path
    hub_name: str | None = None
    """Owner/Name, where the files are from the hub; `folder` then has the JSON files, and perhaps not the weights."""
    hub_revision: str | None = None
    """The commit."""

    @property
    def name(self) -> str:
        """What rows call it: the card's name, the hub's, or that of the folder."""
        return str(self._value("card.json", "name")) if self.own_layout else self.hub_name or self.folder.resolve().name

    @property
    def weights(self) -> str:
        """What to give an engine that loads weights itself, together with `hub_revision`: hub name or folder."""
        return self.hub_name or str(self.folder)

    @property
    def own_layout(self) -> bool:
        """Whether the folder has the layout of the project's own; without its card it is a damaged one, not another model."""
        return (self.folder / "card.json").exists() or (self.folder / "openvino_layout.json").exists()

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
            raise PolicyError(f"{path} is damaged ({error}); {self._restore(path)}") from error

    @cached_property
    def vocabulary(self) -> int:
        """Number of token ids that the model takes: the rows of its embedding, often more than its tokenizer knows."""
        return self._number("vocab_size")

    @cached_property
    def context_length(self) -> int:
        """Tokens of prompt and completion together, RoPE scaling included where `config.json` states one."""
        rope = self._config.get("rope_parameters") or self._config.get("rope_scaling") or {}
        factor = rope.get("factor") if rope.get("rope_type", rope.get("type")) in _SCALED_BY_FACTOR else 1
        return int(self._number("max_position_embeddings") * (factor or 1))

    @cached_property
    def revision(self) -> str:
        """The card's revision, the hub's commit, or sixteen hex digits that name the files' content.

        The latter begin with `sampled-` where the weights are too large to be read whole (`WHOLE_BYTES`), so that two models
        may in theory share them, and with `no-weights-` where there are none.
        """
        if self.own_layout:
            return str(self._value("card.json", "revision"))
        return self.hub_revision or _content_hash(self.folder)

    def family(self, name: str) -> ModelFamily:
        """Return the family `name`, or what `auto` stands for: the card's, else `model_families.detect`.

        `plain` gets the beginning-of-text token of the tokenizer. Raises ConfigError on an unknown name and on `chat`, whose
        marks no model knows; PolicyError on a family whose special tokens the tokenizer lacks or, for `auto`, a model that
        cannot be told.
        """
        known = self.tokenizer.added_tokens
        if name != model_families.AUTO:
            family = model_families.find(name)
        elif self.own_layout:
            family = model_families.find(str(self._value("card.json", "family")))
        else:
            family = model_families.detect(self.name, self._config, known)
        if family.name == "chat":
            raise ConfigError(
                f'family = "chat" is for servers that take messages; set the family of {self.name}, or "auto"'
            )
        model_families.check(family, self.name, known)
        if family.name == "plain":
            return replace(family, template=self.tokenizer.beginning + family.template)
        return family

    def end_tokens(self, family: str) -> tuple[int, ...]:
        """Return the ids that end a completion: `eos_token_id` of both configurations, and what the family ends with."""
        found = [self._config.get("eos_token_id")]
        if (self.folder / "generation_config.json").exists():
            found.append(self._json("generation_config.json").get("eos_token_id"))
        ids = {int(id_) for ids in found if ids is not None for id_ in (ids if isinstance(ids, list) else [ids])}
        ids |= {self.tokenizer.added_tokens[token] for token in self.family(family).end}
        if not ids:
            path = self.folder / "config.json"
            raise PolicyError(f"{path} names no eos_token_id, so completions would never end; add it there")
        return tuple(sorted(ids))

    def info(self, engine: str, family: str) -> ModelInfo:
        """Describe it for rows and generators; engines correct what is theirs to decide."""
        return ModelInfo(
            name=self.name,
            revision=self.revision,
            engine=engine,
            context_length=self.context_length,
            can_continue=True,
            family=self.family(family),
        )

    def prepare_openvino(self) -> None:
        """Write `openvino_model.bin` from the safetensors unless it is there and whole. Raises PolicyError."""
        if not self.own_layout:
            raise PolicyError(
                f"{self.weights} is not in the layout of the embedded policies, which the engine openvino needs; "
                'set engine = "vllm", or "http" for a server that runs it'
            )
        for name in ("openvino_model", "openvino_tokenizer", "openvino_detokenizer"):
            self._check_xml(f"{name}.xml")
        layout, digest = self._json("openvino_layout.json"), self._value("openvino_layout.json", "sha256")
        target = self.folder / "openvino_model.bin"
        if target.exists() and _sha256(target.read_bytes()) == digest:
            return
        weights = self._assembled(layout, self._existing("model.safetensors"))
        if _sha256(weights) != digest:
            path = self.folder / "model.safetensors"
            raise PolicyError(f"{path} is damaged (the weights do not have the recorded hash); {self._restore(path)}")
        temporary = target.with_suffix(f".{os.getpid()}.tmp")
        try:
            temporary.write_bytes(weights)
            temporary.replace(target)
        except OSError as error:
            raise PolicyError(
                f"{target} cannot be written ({error.strerror}); it is made once from model.safetensors, so make the folder "
                "writable or copy it to a place that is"
            ) from error

    @cached_property
    def _config(self) -> dict[str, Any]:  # Any: JSON
        """`config.json`; a model of more than text keeps what concerns text in a table of its own."""
        whole = self._json("config.json")
        return {**whole, **(whole.get("text_config") or {})}

    def _number(self, key: str) -> int:
        value = self._config.get(key)
        if not isinstance(value, int):
            path = self.folder / "config.json"
            raise PolicyError(f"{path} is damaged (no number {key!r} in it); {self._restore(path)}")
        return value

    def _existing(self, name: str) -> Path:
        path = self.folder / name
        if not path.is_file():
            raise PolicyError(f"{path} is missing; {self._restore(path)}")
        return path

    def _json(self, name: str) -> dict[str, Any]:  # Any: JSON
        path = self._existing(name)
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise PolicyError(f"{path} is damaged ({error}); {self._restore(path)}") from error

    def _value(self, name: str, key: str) -> Any:  # Any: JSON
        loaded = self._json(name)
        if key not in loaded:
            path = self.folder / name
            raise PolicyError(f"{path} is damaged (no {key!r} in it); {self._restore(path)}")
        return loaded[key]

    def _check_xml(self, name: str) -> None:
        """Find out here what the engine's child would only die of."""
        path = self._existing(name)
        try:
            ElementTree.parse(path)
        except ElementTree.ParseError as error:
            raise PolicyError(f"{path} is damaged ({error}); {self._restore(path)}") from error

    def _restore(self, path: Path) -> str:
        if self.hub_name:
            return f"fetch it again with `hf download {self.hub_name} --revision {self.hub_revision} --force-download`"
        if POLICIES in path.resolve().parents:
            return f"restore it with `git checkout -- {path}`, or name another policy"
        return "restore it from where it came (`save_pretrained` writes such a folder), or name another policy"

    def _assembled(self, layout: dict[str, Any], safetensors: Path) -> bytes:  # Any: JSON
        """Return the IR's weights: tensors of the safetensors file and a few literal constants, at recorded offsets."""
        data = safetensors.read_bytes()
        try:
            weights = bytearray(int(layout["bytes"]))
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
            raise PolicyError(f"{safetensors} is damaged ({error!r}); {self._restore(safetensors)}") from error
        return bytes(weights)


def _content_hash(folder: Path) -> str:
    """Return sixteen hex digits for a folder's weights, tokenizer and configuration; see `Policy.revision`."""
    weights = sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin")])
    large = sum(path.stat().st_size for path in weights) >= WHOLE_BYTES
    digest = hashlib.sha256()
    for name in ("config.json", "generation_config.json", "tokenizer.json"):
        if (folder / name).exists():
            digest.update(name.encode() + b"\0" + (folder / name).read_bytes())
    for path in weights:
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        starts = range(0, size, max(size // _BLOCKS, _BLOCK) if large else _BLOCK)
        with path.open("rb") as file:
            for start in starts:
                file.seek(start)
                digest.update(file.read(_BLOCK))
    return ("" if weights and not large else "sampled-" if weights else "no-weights-") + digest.hexdigest()[:16]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
