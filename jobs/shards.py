"""Grind problems into labelled shards: `python -m jobs.shards --config jobs/configs/local.toml --out shards`."""

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from pipeline import config as configuration
from pipeline import flow, summary
from pipeline.config import ModelConfig, RunConfig
from pipeline.flow import Plan
from pipeline.models import http
from pipeline.models.catalog import ENGINES
from pipeline.progress import Display
from pipeline.sources import Loaded
from schemas.errors import ConfigError, StepmillError

DEFAULT_CONFIG = Path(__file__).parent / "configs" / "local.toml"


def main(argv: list[str] | None = None) -> int:
    """Run; 0 when all is well, 1 when the run is complete but some rows were skipped or failed, 2 when it could not run."""
    parser = argparse.ArgumentParser(prog="python -m jobs.shards", description=__doc__)
    add_run_arguments(parser)
    parser.add_argument(
        "--source",
        nargs="+",
        help="your problems: a .jsonl or .parquet file, a Hugging Face data set, theorems, Python files with doctests or tests",
    )
    arguments = parser.parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    config = configured(arguments)
    if arguments.source:
        config = replace(config, source=replace(config.source, path=resolved_sources(arguments.source)))
    return grind(config, arguments)


def add_run_arguments(parser: argparse.ArgumentParser, config: Path = DEFAULT_CONFIG) -> None:
    """Add what every command that writes a run takes."""
    parser.add_argument("--config", type=Path, default=config, help=f"TOML file (default: jobs/configs/{config.name})")
    parser.add_argument("--out", type=Path, default=Path("shards"), help="folder for the run (default: %(default)s)")
    parser.add_argument("--problems", type=int, help="how many problems; more than last time continues")
    parser.add_argument(
        "--engine", choices=("auto", *ENGINES), help="run every model on this engine instead of the configuration's"
    )
    parser.add_argument("--url", help="an OpenAI-compatible server, for --engine http")
    parser.add_argument("--max-tokens-total", type=int, help="stop cleanly once this many tokens have been generated")
    parser.add_argument("--local", action="store_true", help="run the stages in this process, without Ray")
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would run and what it would cost; write nothing"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON line")


def configured(arguments: argparse.Namespace) -> RunConfig:
    """Return the configuration file with the command line's own values over it. Raises ConfigError."""
    config = configuration.load(arguments.config)
    if arguments.problems is not None:
        config = replace(config, problems=arguments.problems)
    if arguments.max_tokens_total is not None:
        config = replace(config, max_tokens_total=arguments.max_tokens_total)
    if arguments.engine:
        config = on_engine(config, arguments.engine, arguments.url)
    if arguments.local:
        config = replace(config, flow=replace(config.flow, ray=False))
    # Ray's workers run in another folder.
    models = {name: _with_absolute_paths(model) for name, model in config.models.items()}
    config = replace(config, models=models)
    configuration.check(config, "the command line")
    return config


def on_engine(config: RunConfig, engine: str, url: str | None = None) -> RunConfig:
    """Return the configuration with every model on `engine`; `url` is the server for http."""
    models = {}
    for name, model in config.models.items():
        options = dict(model.options)
        if url:
            options["http"] = replace(options.get("http", http.Config()), url=url)
        models[name] = replace(model, engine=engine, options=options)
    return replace(config, models=models)


def _with_absolute_paths(model: ModelConfig) -> ModelConfig:
    options = dict(model.options)
    if "http" in options:
        options["http"] = replace(options["http"], tokenizer=_absolute(options["http"].tokenizer))
    return replace(model, policy=_absolute(model.policy), options=options)


def _absolute(name: str) -> str:
    """Return what a configuration names: an absolute path where it is a file or folder here, else the name as it is."""
    return str(Path(name).resolve()) if "/" in name and Path(name).exists() else name


def resolved_source(source: str) -> str:
    """Return a path absolutely, because Ray's workers run in another folder; the name of a data set as it is."""
    path = Path(source)
    known = path.suffix in (".jsonl", ".json", ".parquet", ".py")
    return str(path.resolve()) if path.exists() or known else source


def resolved_sources(sources: Sequence[str]) -> str:
    """Return what `--source` names as a configuration has it: one path per line. Raises ConfigError for files that do not mix."""
    others = [source for source in sources if not source.endswith(".py")]
    if others and len(sources) > 1:
        raise ConfigError(f"--source: {others[0]} cannot be read together with others; only Python files can")
    return "\n".join(map(resolved_source, sources))


def grind(config: RunConfig, arguments: argparse.Namespace, loaded: Loaded | None = None) -> int:
    """Plan, run and report; the exit code."""
    out = arguments.out.resolve()
    plan = flow.plan(config, out, loaded)
    for row in plan.refused:
        print(f"skipped {row.where}: {row.message}", file=sys.stderr)
    for note in plan.notes:
        print(f"note {note}", file=sys.stderr)
    if arguments.dry_run:
        print(_described(plan))
        return 0
    for name in plan.engines:
        print(f"model {_model_line(plan, name)}", file=sys.stderr)
    shell = _shell(plan.work.config)
    with Display(len(plan.pending), quiet=arguments.json) as display:
        outcome = flow.run(plan, shell, display)
    result = summary.summarise(plan, outcome, out)
    if arguments.json:
        print(summary.as_json(result))
    else:
        query = "make query" if arguments.out == Path("shards") else f"make query OUT={arguments.out}"
        summary.show(result, Console(highlight=False), query)
    return 1 if plan.refused or result["problems"].keys() & {"error", "skipped"} else 0


def _shell(config: RunConfig) -> flow.Shell:
    if not config.flow.ray:
        return flow.run_local
    # Ray takes two seconds to import, which --dry-run and --local save.
    from pipeline import cluster
    from pipeline.ray_flow import run_ray

    cluster.drop_advisory()
    return run_ray


def _described(plan: Plan) -> str:
    rollouts, tokens = plan.estimate()
    config = plan.work.config
    return "\n".join(
        (
            f"run       {plan.work.run_id} in {plan.folder}",
            *(f"model     {_model_line(plan, name)}" for name in plan.models),
            *(f"policy    {policy}" for policy in config.policies),
            f"completer {config.completer}",
            *(f"generator {row.name} {row.config}" for row in config.generators),
            f"problems  {plan.wanted} asked for, {len(plan.pending)} pending, {len(plan.refused)} refused",
            f"estimate  about {rollouts:,} rollouts and {tokens:,} tokens",
        )
    )


def _model_line(plan: Plan, name: str) -> str:
    info, why = plan.models[name], plan.engines.get(name)
    return f"{name}: {info.name} {info.revision} on {info.engine}" + f" ({why})" * bool(why)


def report_errors(main: Callable[[], int]) -> int:
    """Return what `main` returns; an error the user can act on becomes one line and exit code 2."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)  # a scheduler's stop ends a run as Ctrl-C does
    try:
        return main()
    except StepmillError as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; what is committed stays, the same command goes on from here", file=sys.stderr)
    return 2


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
