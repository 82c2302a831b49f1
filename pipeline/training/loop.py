"""Train a small Qwen3-architecture transformer on solutions: fixed seed, checkpoints, one JSON line of progress at a time.

Loss is taken on the solution's tokens only. AdamW with linear warm-up and cosine decay; float32, because bfloat16 autocast
is 2.6 times slower on the CPUs this was measured on.
"""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM

from pipeline.training.corpora import CORPORA, examples
from pipeline.training.tokenizer import END, PAD, train_tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides what is learnt."""

    corpus: str = "math"
    """What it is about: a name in `corpora.py`."""
    slip_rate: float = 0.08
    seed: int = 1
    vocabulary: int = 512
    hidden: int = 128
    layers: int = 6
    heads: int = 4
    kv_heads: int = 4
    head_dim: int = 32
    feed_forward: int = 384
    context: int = 1024
    steps: int = 6000
    batch: int = 64
    learning_rate: float = 2.5e-3
    optimizer: str = "adamw"
    """`adamw`, or `muon`: Muon for the matrices inside the layers, AdamW for all else."""
    warm_up: int = 300
    threads: int = 2


RECIPES = {
    "math": Recipe(),
    "code": Recipe(corpus="code", slip_rate=0.07, steps=2200, optimizer="muon"),
    "proof": Recipe(corpus="proof", slip_rate=0.0, layers=4, steps=3200, warm_up=50, optimizer="muon"),
    "residues": Recipe(
        corpus="residues",
        vocabulary=320,
        hidden=64,
        layers=3,
        head_dim=16,
        feed_forward=192,
        context=512,
        steps=3600,
        optimizer="muon",
    ),
}
"""What the policies of this project were made by."""


def build(recipe: Recipe, tokenizer: Tokenizer) -> Qwen3ForCausalLM:
    """Return the untrained network."""
    end = tokenizer.token_to_id(END)
    config = Qwen3Config(
        vocab_size=recipe.vocabulary,
        hidden_size=recipe.hidden,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.kv_heads,
        head_dim=recipe.head_dim,
        intermediate_size=recipe.feed_forward,
        max_position_embeddings=recipe.context,
        tie_word_embeddings=True,
        rope_theta=10_000.0,
        eos_token_id=end,
        bos_token_id=None,
        pad_token_id=tokenizer.token_to_id(PAD),
    )
    return Qwen3ForCausalLM(config)


def batches(recipe: Recipe, tokenizer: Tokenizer, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield (input ids, labels), both (batch, length) int64; texts of like length lie in one batch, pads are -100 in labels."""
    pad, end = tokenizer.token_to_id(PAD), tokenizer.token_to_id(END)
    stream = examples(recipe.corpus, recipe.slip_rate, seed)
    shuffle = torch.Generator().manual_seed(seed % (1 << 62))
    while True:
        pool = list(islice(stream, recipe.batch * 16))
        prompts = tokenizer.encode_batch([p for p, _ in pool])
        solutions = tokenizer.encode_batch([s for _, s in pool])
        rows = sorted(
            ((p.ids, [*s.ids, end]) for p, s in zip(prompts, solutions, strict=True)),
            key=lambda r: len(r[0]) + len(r[1]),
        )
        for group in torch.randperm(16, generator=shuffle).tolist():
            chunk = rows[group * recipe.batch : (group + 1) * recipe.batch]
            width = max(len(p) + len(s) for p, s in chunk)
            inputs = torch.full((len(chunk), width), pad)
            labels = torch.full((len(chunk), width), -100)
            for i, (p, s) in enumerate(chunk):
                inputs[i, : len(p) + len(s)] = torch.tensor(p + s)
                labels[i, len(p) : len(p) + len(s)] = torch.tensor(s)
            yield inputs, labels


def rate_at(step: int, recipe: Recipe) -> float:
    """Return the learning rate of a step."""
    if step < recipe.warm_up:
        return recipe.learning_rate * (step + 1) / recipe.warm_up
    done = (step - recipe.warm_up) / max(1, recipe.steps - recipe.warm_up)
    return recipe.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


def train(recipe: Recipe, work: Path) -> Path:
    """Train to the recipe's last step and return the folder `work/final`; goes on from `work/checkpoint.pt` if it is there."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    work.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(recipe, work)
    network = build(recipe, tokenizer)
    optimizers = _optimizers(recipe, network)
    start, checkpoint = 0, work / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        for optimizer, own in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(own)
        start = state["step"]
    network.train()
    began, tokens, losses = time.monotonic(), 0, 0.0
    for step, (inputs, labels) in enumerate(batches(recipe, tokenizer, recipe.seed + start), start):
        if step >= recipe.steps:
            break
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, recipe)
        loss = network(input_ids=inputs, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        tokens, losses = tokens + inputs.numel(), losses + float(loss)
        if (step + 1) % 100 == 0:
            seconds = time.monotonic() - began
            progress = {
                "step": step + 1,
                "loss": round(losses / 100, 4),
                "tokens_per_s": round(tokens / seconds),
                "minutes": round(seconds / 60, 1),
            }
            print(json.dumps(progress), flush=True)
            losses = 0.0
        if (step + 1) % 500 == 0:
            states = [optimizer.state_dict() for optimizer in optimizers]
            _save(checkpoint, {"network": network.state_dict(), "optimizers": states, "step": step + 1})
    return _finish(network, tokenizer, recipe, work)


def _optimizers(recipe: Recipe, network: Qwen3ForCausalLM) -> list[torch.optim.Optimizer]:
    """Return the optimizers of all weights."""
    rate = {"lr": recipe.learning_rate, "weight_decay": 0.05}
    if recipe.optimizer == "adamw":
        return [torch.optim.AdamW(network.parameters(), betas=(0.9, 0.98), **rate)]
    inner = [weight for name, weight in network.named_parameters() if weight.ndim == 2 and "embed" not in name]
    rest = [weight for name, weight in network.named_parameters() if weight.ndim != 2 or "embed" in name]
    # Scaled to the step size of AdamW, so that both take the same rate (Liu et al., arXiv 2502.16982, section 2.2).
    muon = torch.optim.Muon(inner, adjust_lr_fn="match_rms_adamw", **rate)
    return [muon, torch.optim.AdamW(rest, betas=(0.9, 0.98), **rate)]


def _tokenizer(recipe: Recipe, work: Path) -> Tokenizer:
    path = work / "tokenizer.json"
    if not path.exists():
        texts = islice(examples(recipe.corpus, recipe.slip_rate, recipe.seed), 20_000)
        pieces = CORPORA[recipe.corpus].pieces
        train_tokenizer(("".join(pair) for pair in texts), recipe.vocabulary, pieces).save(str(path))
    return Tokenizer.from_file(str(path))


def _save(path: Path, state: dict[str, Any]) -> None:  # Any: torch's own state dictionaries
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def _finish(network: Qwen3ForCausalLM, tokenizer: Tokenizer, recipe: Recipe, work: Path) -> Path:
    final = work / "final"
    network.eval().save_pretrained(final)
    tokenizer.save(str(final / "tokenizer.json"))
    (final / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2) + "\n")
    return final
