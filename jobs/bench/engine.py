"""How much of the bare engine's speed is left inside the flow.

Arm A is `jobs.shards` itself, on Ray, with verdicts, journal and shards. Arm B feeds the same engine in a process of its own,
without anything around it, the very requests of arm A (same prompts, seeds, lengths, logprobs), once as chunks of its maximum
and once as a sliding window; the better one counts. Arms are interleaved, medians are compared. Engine start is in neither.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline import config as configuration
from pipeline.config import RunConfig
from pipeline.manifest import read
from pipeline.models import openvino, policy
from pipeline.models.engine_process import Job
from schemas import ids
from schemas.model import SamplingParams

DEFAULT_CONFIG = Path(__file__).parents[1] / "configs" / "local.toml"


def main(argv: list[str]) -> int:
    """Print a line per measurement and the result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench engine", description=__doc__)
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG)
    parser.add_argument("--problems", type=int, default=360, help="problems of one flow arm (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default: %(default)s)")
    parser.add_argument("--raw", choices=("chunks", "window"), help=argparse.SUPPRESS)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    config = configuration.load(arguments.config)
    if arguments.raw:
        print(json.dumps(_raw(config, arguments.run, arguments.raw)))
        return 0
    arms: dict[str, list[dict[str, Any]]] = {"flow": [], "chunks": [], "window": []}  # Any: JSON
    for round_ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as out:
            flow = _flow(arguments, out)
            arms["flow"].append(flow)
            for feed in ("chunks", "window"):
                child = [*_command("jobs.bench", "engine", arguments), "--raw", feed, "--run", flow["folder"]]
                arms[feed].append(_json_of(child))
        for name, measured in arms.items():
            print(f"round {round_ + 1} {name:>6}: {measured[-1]['tokens_per_s']:,.0f} tokens/s", flush=True)
    medians = {name: statistics.median(m["tokens_per_s"] for m in measured) for name, measured in arms.items()}
    raw = max(medians["chunks"], medians["window"])
    result = {
        "flow_over_raw": round(medians["flow"] / raw, 3),
        "flow_tokens_per_s": round(medians["flow"]),
        "raw_tokens_per_s": round(raw),
        "mean_batch": statistics.median(m["mean_batch"] for m in arms["flow"]),
        "raw_chunks_tokens_per_s": round(medians["chunks"]),
        "raw_window_tokens_per_s": round(medians["window"]),
        "flow_tokens": arms["flow"][-1]["tokens"],
        "raw_tokens": arms["window"][-1]["tokens"],
    }
    print(json.dumps(result))
    return 0


def _command(module: str, *words: Any) -> list[str]:
    arguments = words[-1]
    return [sys.executable, "-m", module, *words[:-1], "--config", str(arguments.config)]


def _json_of(command: list[str]) -> dict[str, Any]:  # Any: JSON
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _flow(arguments: argparse.Namespace, out: str) -> dict[str, Any]:  # Any: JSON
    command = [*_command("jobs.shards", arguments), "--out", out, "--problems", str(arguments.problems), "--json"]
    summary = _json_of(command)
    call = summary["this_call"]
    return {
        "folder": summary["folder"],
        "tokens": call["generated_tokens"],
        "tokens_per_s": call["tokens_per_s"],
        "mean_batch": call["mean_batch"],
    }


def requests(config: RunConfig, folder: Path) -> Iterator[Job]:
    """Yield every request that made the run in `folder`, trace by trace, rebuilt from its rows."""
    model = policy.find(config.model.policy)
    whole = config.generator.max_tokens
    template = str(model.card["template"])
    count = 0
    for entry in read(folder):
        if entry.table != "traces":
            continue
        for trace in pq.read_table(folder / entry.file).to_pylist():
            prompt = model.tokenizer.encode(template.replace("{problem}", trace["problem"]["statement"]))
            text = "".join(step["text"] for step in trace["steps"])
            tokens = model.tokenizer.encode(text)
            drawn = [(0, trace["policy"]["seed"], trace["sample_index"])]
            drawn += [(trace["steps"][r["step"]]["token_end"], r["seed"], r["index"]) for r in trace["rollouts"]]
            for end, seed, index in drawn:
                params = SamplingParams(
                    temperature=config.generator.temperature, top_p=config.generator.top_p, max_tokens=whole - end
                )
                yield Job(count, prompt + tokens[:end], params, ids.seed(seed, index))
                count += 1


def _raw(config: RunConfig, folder: Path, feed: str) -> dict[str, Any]:  # Any: JSON
    """Feed the bare engine the run's requests and time it, after a few to warm up."""
    model = policy.find(config.model.policy)
    model.prepare_openvino()
    engine = openvino.Engine(openvino.Settings(model.folder, config.engine, model.end_token))
    jobs = list(requests(config, folder))
    limit = config.engine.max_num_seqs
    _drain(engine, [job._replace(id=len(jobs) + job.id, seed=job.seed + 1) for job in jobs[:16]], limit, feed)
    began = time.monotonic()
    tokens = _drain(engine, jobs, limit, feed)
    seconds = time.monotonic() - began
    return {"tokens": tokens, "seconds": seconds, "tokens_per_s": tokens / seconds}


def _drain(engine: openvino.Engine, jobs: list[Job], limit: int, feed: str) -> int:
    waiting, tokens = list(reversed(jobs)), 0
    while waiting or engine.handles:
        if feed == "window" or not engine.handles:
            while waiting and len(engine.handles) < limit:
                engine.add(waiting.pop())
        tokens += sum(len(finished.tokens) for finished in engine.step())
    return tokens
