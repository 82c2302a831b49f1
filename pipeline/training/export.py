"""Turn a trained network into a policy folder: safetensors, OpenVINO IR with the layout of its weights, tokenizer IR, card."""

import hashlib
import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import openvino
import openvino_telemetry
from openvino_tokenizers import convert_tokenizer
from optimum.intel import OVModelForCausalLM
from safetensors import safe_open
from transformers import PreTrainedTokenizerFast

from pipeline.training.code_corpus import FAMILY
from pipeline.training.tokenizer import END, PAD

# OpenVINO's converter reports each conversion unless the class that sends is taken away.
openvino_telemetry.Telemetry.send_event = lambda *_, **__: None
openvino_telemetry.Telemetry.start_session = lambda *_, **__: None


def export(trained: Path, target: Path, name: str) -> None:
    """Write the policy folder `target` from `trained` (what `loop.train` returns); the card still lacks its figures."""
    target.mkdir(parents=True, exist_ok=True)
    for file in ("config.json", "generation_config.json", "model.safetensors", "tokenizer.json"):
        shutil.copy(trained / file, target / file)
    # Without it vLLM's transformers cut text as their own tokenizer for the architecture does, whatever tokenizer.json says.
    (target / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}\n')
    model = OVModelForCausalLM.from_pretrained(trained, export=True, stateful=True, compile=False, load_in_8bit=False)
    openvino.save_model(model.model, target / "openvino_model.xml", compress_to_fp16=False)
    fast = PreTrainedTokenizerFast(
        tokenizer_file=str(trained / "tokenizer.json"), eos_token=END, pad_token=PAD, clean_up_tokenization_spaces=False
    )
    encoder, decoder = convert_tokenizer(fast, with_detokenizer=True, skip_special_tokens=True)
    openvino.save_model(encoder, target / "openvino_tokenizer.xml")
    openvino.save_model(decoder, target / "openvino_detokenizer.xml")
    (target / "openvino_layout.json").write_text(json.dumps(layout(target), indent=1) + "\n")
    weights = (target / "model.safetensors").read_bytes() + (target / "tokenizer.json").read_bytes()
    card = {
        "name": name,
        "revision": hashlib.sha256(weights).hexdigest()[:16],
        "family": FAMILY.name,
        "recipe": json.loads((trained / "recipe.json").read_text()),
        "parameters": sum(p.numel() for p in _tensors(trained / "model.safetensors")),
    }
    (target / "card.json").write_text(json.dumps(card, indent=1) + "\n")


def layout(folder: Path) -> dict[str, object]:
    """Return where each tensor lies in the IR's weights file; constants that are no tensor are kept as hex."""
    weights = (folder / "openvino_model.bin").read_bytes()
    with safe_open(folder / "model.safetensors", "pt") as tensors:
        by_bytes = {tensors.get_tensor(key).numpy().tobytes(): key for key in tensors.keys()}  # noqa: SIM118
    parts: list[dict[str, object]] = []
    seen = set()
    for data in ElementTree.parse(folder / "openvino_model.xml").getroot().iter("data"):
        if "offset" not in data.attrib or data.attrib["offset"] in seen:
            continue
        seen.add(data.attrib["offset"])
        offset, size = int(data.attrib["offset"]), int(data.attrib["size"])
        content = weights[offset : offset + size]
        key = by_bytes.get(content)
        parts.append({"offset": offset, "tensor": key} if key else {"offset": offset, "hex": content.hex()})
    return {"bytes": len(weights), "sha256": hashlib.sha256(weights).hexdigest(), "parts": parts}


def _tensors(path: Path):  # type: ignore[no-untyped-def]  # torch is not installed where the types are checked
    with safe_open(path, "pt") as tensors:
        for key in tensors.keys():  # noqa: SIM118
            yield tensors.get_tensor(key)
