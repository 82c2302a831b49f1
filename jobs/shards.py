"""Grind problems into labelled shards: `python -m jobs.shards --config jobs/configs/local.toml --out shards`."""

import argparse
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

from pipeline import config as configuration
from pipeline import flow, run_record, summary
from pipeline.config import ModelConfig, RunConfig
from pipeline.counts import Counts
from pipeline.flow import Outcome, Plan
from pipeline.metrics import Metrics
from pipeline.models import http
from pipeline.models.catalog import ENGINES
from pipeline.progress import Display
from pipeline.run_record import Ended, Watchers, how_it_ended
from pipeline.sources import Loaded
from pipeline.storage import folder as storage
from pipeline.storage.folder import Folder
from schemas.errors import ConfigError, StepmillError

DEFAULT_CONFIG = Path(__file__).parent / "configs" / "local.toml"
Asked = Callable[[argparse.Namespace], tuple[RunConfig, Loaded | None]]
"""What the command line asks for; problems, where the command has read them itself."""

ENDS = """
exit codes
  0  all well: complete, or stopped at --max-tokens-total, or nothing was left to do
  1  complete, but input rows were skipped or problems ended in an error; said again when the run is asked for again
  2  could not run, failed, or was interrupted (SIGTERM, Ctrl-C); what is committed stays, the same command goes on
OUT/run=ID/run.json says the same in full, and so does --json in one line: state (running, complete, stopped, failed), exit_code,
error, start, end, counts.

names, for schedulers
  --name nightly-{date} is a run of its own for every date: other problems of the families, other samples of the problems of a
  file. {date} is 2026-11-21, {hour} 2026-11-21T14, {week} 2026-W47, {month} 2026-11, in UTC. The same name again goes on where
  it was, and does nothing where it is complete; with another configuration it is an error. OUT/names/NAME.json says where it is.
"""


def main(argv: list[str] | None = None) -> int:
    """Run; 0 when all is well, 1 when the run is complete but some rows were skipped or failed, 2 when it could not run."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.shards",
        description=__doc__,
        epilog=ENDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_run_arguments(parser)
    parser.add_argument(
        "--source",
        nargs="+",
        help="your problems: a .jsonl or .parquet file, a Hugging Face data set, theorems, Python files with doctests or tests",
    )
    return carry_out(parser.parse_args(argv), _asked)


def _asked(arguments: argparse.Namespace) -> tuple[RunConfig, None]:
    config = configured(arguments)
    if arguments.source:
        config = replace(config, source=replace(config.source, path=resolved_sources(arguments.source)))
    return config, None


def add_run_arguments(parser: argparse.ArgumentParser, config: Path = DEFAULT_CONFIG) -> None:
    """Add what every command that writes a run takes."""
    parser.add_argument("--config", type=Path, default=config, help=f"TOML file (default: jobs/configs/{config.name})")
    parser.add_argument(
        "--out", default="shards", help="folder for the run, or s3://bucket/folder, gs://... (default: %(default)s)"
    )
    parser.add_argument("--name", help="name of the run, as {date}; see below")
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
    parser.add_argument("--json", action="store_true", help="print the summary, or what went wrong, as one JSON line")
    parser.add_argument("--allow-skipped", action="store_true", help="exit with 0 where it would be 1")
    parser.add_argument(
        "--metrics-port", type=int, help="serve Prometheus metrics here while it runs; 0 takes a free port"
    )
    parser.add_argument(
        "--metrics-file", type=Path, help="keep the same in this file, NAME.prom for node_exporter's textfile collector"
    )


def configured(arguments: argparse.Namespace) -> RunConfig:
    """Return the configuration file with the command line's own values over it. Raises ConfigError."""
    config = configuration.load(arguments.config)
    if arguments.name is not None:
        config = replace(config, name=run_record.expanded(arguments.name))
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


def carry_out(arguments: argparse.Namespace, asked: Asked) -> int:
    """Do what a command line asks for; the exit code.

    An error that the user can act on is one line on standard error, and a JSON line with --json; metrics have how it ended.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)  # a scheduler's stop ends a run as Ctrl-C does
    name, port, file = arguments.name or "", arguments.metrics_port, arguments.metrics_file
    metrics = Metrics(name=name) if arguments.dry_run else Metrics(name=name, port=port, file=file)
    try:
        with metrics:
            code = _grind(arguments, asked, metrics)
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, StepmillError):
            print(f"error: {error}", file=sys.stderr)
        elif isinstance(error, KeyboardInterrupt):
            print("interrupted; what is committed stays, the same command goes on from here", file=sys.stderr)
        else:
            traceback.print_exception(error)  # a fault of ours, and no 1: that would say the run is complete
        ended = how_it_ended(error)
        if arguments.json:
            print(_as_json({"run_id": metrics.run_id or None, "name": metrics.name}, ended))
        code = ended.exit_code
    return 0 if code == 1 and arguments.allow_skipped else code


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _grind(arguments: argparse.Namespace, asked: Asked, metrics: Metrics) -> int:
    """Plan, run and report; the exit code."""
    metrics.name = run_record.expanded(arguments.name) if arguments.name is not None else ""
    config, loaded = asked(arguments)
    out = storage.folder(arguments.out)
    plan = flow.plan(config, out, loaded)
    with closing(plan.source):
        run_record.check_name(out, plan.record)
        if arguments.dry_run:
            print(_described(plan))
            return 0
        metrics.planned(plan.work.run_id, config.name, asked=plan.source.at_most, committed=plan.committed)
        record = run_record.read(plan.folder)
        if record is not None and run_record.is_done(record, plan.source.at_most):
            return _already_complete(record, plan, arguments, metrics)
        ended, result = _run(plan, out, arguments, metrics)
    if arguments.json:
        print(_as_json(result, ended))
    else:
        summary.show(result, Console(highlight=False), _query(arguments))
    return ended.exit_code


def _run(plan: Plan, out: Folder, arguments: argparse.Namespace, metrics: Metrics) -> tuple[Ended, summary.Row]:
    for name in plan.engines:
        print(f"model {_model_line(plan, name)}", file=sys.stderr)
    run_record.claim_name(out, plan.record)
    shell = _shell(plan.work.config)
    with Display(plan.at_most, quiet=arguments.json) as display:

        def summarised(plan: Plan, outcome: Outcome) -> summary.Row:
            return summary.summarise(plan, outcome, out, refused=display.refusals)

        outcome = flow.run(plan, shell, Watchers(display, metrics), summarised)
    for note in plan.source.notes:
        print(f"note {note}", file=sys.stderr)
    result = dict(outcome.summary)
    ended = run_record.came_to(complete=outcome.complete, refused=display.refusals, summary=result)
    metrics.ended(ended, outcome.counts)
    return ended, {"run_id": plan.work.run_id, "name": plan.work.config.name} | result


def _already_complete(record: summary.Row, plan: Plan, arguments: argparse.Namespace, metrics: Metrics) -> int:
    """Say what a run came to that is complete; nothing is started."""
    ended = Ended("complete", record["exit_code"])
    metrics.recorded(record)
    if arguments.json:
        known = {"run_id": plan.work.run_id, "name": plan.work.config.name, "already_complete": True}
        print(_as_json(known | record["summary"] | {"this_call": asdict(Counts()) | {"seconds": 0.0}}, ended))
    else:
        named = f" ({plan.work.config.name})" * bool(plan.work.config.name)
        ended_as = record["summary"]["problems"]
        words = ", ".join(f"{n:,} {word}" for word, n in sorted(ended_as.items()))
        print(
            f"run {plan.work.run_id}{named} is complete already: {sum(ended_as.values()):,} problems ({words}) in {plan.folder}"
        )
        print(f"next: {_query(arguments)}")
    return ended.exit_code


def _as_json(facts: summary.Row, ended: Ended) -> str:
    first = {key: facts.get(key) for key in ("run_id", "name")}
    return summary.as_json(first | asdict(ended) | facts)


def _query(arguments: argparse.Namespace) -> str:
    return "make query" if arguments.out == "shards" else f"make query OUT={arguments.out}"


def _shell(config: RunConfig) -> flow.Shell:
    if not config.flow.ray:
        return flow.run_local
    # Ray takes two seconds to import, which --dry-run and --local save.
    from pipeline.cluster.flow import run_ray

    return run_ray


def _described(plan: Plan) -> str:
    found = flow.survey(plan)
    config = plan.work.config
    return "\n".join(
        (
            f"run       {plan.work.run_id} in {plan.folder}",
            *[f"name      {config.name}"] * bool(config.name),
            *(f"model     {_model_line(plan, name)}" for name in plan.models),
            *(f"policy    {policy}" for policy in config.policies),
            f"completer {config.completer}",
            *(f"generator {row.name} {row.config}" for row in config.generators),
            f"problems  {plan.source.at_most} asked for, {found.pending} pending, {found.refused} refused",
            f"estimate  about {found.rollouts:,} rollouts and {found.tokens:,} tokens",
        )
    )


def _model_line(plan: Plan, name: str) -> str:
    info, why = plan.models[name], plan.engines.get(name)
    return f"{name}: {info.name} {info.revision} on {info.engine}" + f" ({why})" * bool(why)


if __name__ == "__main__":
    sys.exit(main())
