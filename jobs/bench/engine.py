"""How much of the bare engine's speed is left inside the flow.

Arm A is `jobs.shards` itself, on Ray, with verdicts, journal and shards. Arm B feeds the same engine in a process of its own,
without anything around it, the very requests of arm A (same prompts, seeds, lengths, logprobs), in each of the ways that
`jobs/bench/raw/` knows for it; the best one counts. Arms are interleaved, medians are compared. Engine start is in neither.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from jobs.bench import server
from jobs.shards import on_engine
from pipeline import config as configuration
from pipeline import pool
from pipeline.config import RunConfig
from pipeline.manifest import read
from pipeline.models import policy
from pipeline.models.engine_process import Job
from pipeline.storage import folder as storage
from schemas import ids
from schemas.model import SamplingParams
from schemas.pool import Sampler

CONFIGS = Path(__file__).parents[1] / "configs"
_WARM_UP = 16


def main(argv: list[str]) -> int:
    """Print a line per measurement and the result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench engine", description=__doc__)
    parser.add_argument("--engine", choices=("openvino", "vllm", "http"), default="openvino")
    parser.add_argument(
        "--config", type=Path, default=CONFIGS / "local.toml", help="of one model (default: local.toml)"
    )
    parser.add_argument("--problems", type=int, default=360, help="problems of one flow arm (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default: %(default)s)")
    parser.add_argument(
        "--seeding", action="store_true", help="also the bare vLLM without a seed per request, to say what seeds cost"
    )
    parser.add_argument(
        "--url", help="server for --engine http; without it a `vllm serve` is started, which needs vLLM"
    )
    parser.add_argument("--raw", help=argparse.SUPPRESS)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.raw:
        print(json.dumps(_raw(_config(arguments), arguments.run, arguments.raw)))
        return 0
    with ExitStack() as stack:
        if arguments.engine == "http" and not arguments.url:
            (model,) = configuration.load(arguments.config).models.values()
            weights = policy.find(model.policy).weights
            arguments.url = stack.enter_context(server.serving(weights, model.policy))
        print(json.dumps(_measured(arguments)))
    return 0


def _config(arguments: argparse.Namespace) -> RunConfig:
    return on_engine(configuration.load(arguments.config), arguments.engine, arguments.url)


def _measured(arguments: argparse.Namespace) -> dict[str, Any]:  # Any: JSON
    feeds = import_module(f"jobs.bench.raw.{arguments.engine}").FEEDS
    others = ("unseeded",) if arguments.seeding else ()
    arms: dict[str, list[dict[str, Any]]] = {name: [] for name in ("flow", *feeds, *others)}
    for round_ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as out:
            flow = _flow(arguments, out)
            arms["flow"].append(flow)
            for feed in (*feeds, *others):
                child = [*_command("jobs.bench", "engine", arguments), "--raw", feed, "--run", flow["folder"]]
                arms[feed].append(_json_of(child))
        for name, measured in arms.items():
            print(f"round {round_ + 1} {name:>8}: {measured[-1]['tokens_per_s']:,.0f} tokens/s", flush=True)
    medians = {name: statistics.median(m["tokens_per_s"] for m in measured) for name, measured in arms.items()}
    best = max(feeds, key=lambda feed: medians[feed])
    return {
        "engine": arguments.engine,
        "flow_over_raw": round(medians["flow"] / medians[best], 3),
        "flow_tokens_per_s": round(medians["flow"]),
        "raw_tokens_per_s": round(medians[best]),
        "raw_feed": best,
        "mean_batch": statistics.median(m["mean_batch"] for m in arms["flow"]),
        **{f"raw_{feed}_tokens_per_s": round(medians[feed]) for feed in feeds},
        **({"seeding_cost": round(1 - medians["at_once"] / medians["unseeded"], 3)} if arguments.seeding else {}),
        "flow_tokens": arms["flow"][-1]["tokens"],
        "raw_tokens": arms[best][-1]["tokens"],
    }


def _command(module: str, *words: Any) -> list[str]:
    arguments = words[-1]
    url = ["--url", arguments.url] if arguments.url else []
    engine = ["--engine", arguments.engine, *url]
    return [sys.executable, "-m", module, *words[:-1], "--config", str(arguments.config), *engine]


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
    """Yield every request that made the run in `folder`, trace by trace, rebuilt from its rows; for runs of one policy."""
    (sampler,) = set(pool.assemble(config, pool.load(config)).writers)
    count = 0
    for entry in read(storage.folder(folder)):
        if entry.table != "traces":
            continue
        for trace in pq.read_table(folder / entry.file).to_pylist():
            for prompt, max_tokens, seed in _drawn(sampler, trace):
                params = SamplingParams(
                    temperature=sampler.params.temperature,
                    top_p=sampler.params.top_p,
                    max_tokens=max_tokens,
                    stop=sampler.params.stop,
                )
                yield Job(count, prompt, params, seed)
                count += 1


def _drawn(sampler: Sampler, trace: dict[str, Any]) -> Iterator[tuple[tuple[int, ...], int, int]]:  # Any: a row
    prompt = sampler.ask(trace["problem"]["statement"])
    tokens = sampler.model.tokenizer.encode("".join(step["text"] for step in trace["steps"]))
    drawn = [(0, trace["policy"]["seed"], trace["sample_index"])]
    drawn += [(trace["steps"][r["step"]]["token_end"], r["seed"], r["index"]) for r in trace["rollouts"]]
    for end, seed, index in drawn:
        yield prompt + tokens[:end], sampler.params.max_tokens - end, ids.seed(seed, index)


def _raw(config: RunConfig, folder: Path, feed: str) -> dict[str, Any]:  # Any: JSON
    """Feed the bare engine the run's requests and time it, after a few to warm up."""
    jobs = list(requests(config, folder))
    warm_up = [job._replace(id=len(jobs) + job.id, seed=job.seed ^ 1) for job in jobs[:_WARM_UP]]
    (model,) = config.models.values()
    drain = import_module(f"jobs.bench.raw.{model.engine}").drain
    tokens, seconds = drain(model, jobs, warm_up, feed)
    return {"tokens": tokens, "seconds": seconds, "tokens_per_s": tokens / seconds}
