"""The engine benchmark on a GPU, without any weights to download: a model of Qwen2.5-7B's shape with random ones.

Such a model writes noise and hardly ever ends by itself, so every sample has the same length, which is what a throughput is
compared at; nothing it writes is right, so the flow's part is the sampling, judging and writing of whole solutions. The other
options are those of `python -m jobs.bench engine`; `--layers 2 --hidden 64` makes a model for a trial on a CPU.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from jobs.bench import engine
from pipeline.models import policy

_TOML = """
problems = 1000
[models.shape]
engine = "vllm"
policy = "{folder}"
family = "bare"
[models.shape.vllm]
load_format = "dummy"
max_num_seqs = {max_num_seqs}
[[policies]]
max_tokens = {tokens}
[[generators]]
samples = 16
[flow]
problems_in_flight = 128
problems_per_shard = 32
"""


def main(argv: list[str]) -> int:
    """Print a line per measurement and the result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench gpu", description=__doc__)
    parser.add_argument("--layers", type=int, default=28, help="(default: %(default)s)")
    parser.add_argument("--hidden", type=int, default=3584, help="width (default: %(default)s)")
    parser.add_argument("--tokens", type=int, default=256, help="length of every sample (default: %(default)s)")
    parser.add_argument("--max-num-seqs", type=int, default=512, help="(default: %(default)s)")
    arguments, rest = parser.parse_known_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "shape"
        folder.mkdir()
        shutil.copy(policy.POLICIES / "math" / "tokenizer.json", folder)
        (folder / "config.json").write_text(json.dumps(shape(arguments.layers, arguments.hidden)))
        config = Path(scratch) / "gpu.toml"
        config.write_text(_TOML.format(folder=folder, max_num_seqs=arguments.max_num_seqs, tokens=arguments.tokens))
        return engine.main(["--engine", "vllm", "--config", str(config), "--seeding", *rest])


def shape(layers: int, hidden: int) -> dict[str, object]:
    """Return a `config.json` like that of Qwen/Qwen2.5-7B (28 layers of width 3584), wider or narrower."""
    heads = max(1, hidden // 128)
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "num_hidden_layers": layers,
        "hidden_size": hidden,
        "intermediate_size": round(hidden * 18944 / 3584 / 64) * 64,
        "num_attention_heads": heads,
        "num_key_value_heads": max(1, heads // 7),
        "vocab_size": 152064,
        "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1000000.0,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "bos_token_id": 151643,
        "eos_token_id": 151643,
    }
