"""What a run came to, read back from its committed shards: one screen for people, one JSON line for schedulers."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline import manifest
from pipeline.flow import Outcome, Plan
from pipeline.query import QUERIES, catalog
from pipeline.storage.folder import Folder

Row = dict[str, Any]  # Any: values of SQL rows

_TOTALS = """
SELECT count(*) AS traces, count(duplicate_of) AS duplicates, count(*) FILTER (outcome = 'accepted') AS accepted,
    count(*) FILTER (outcome = 'rejected') AS rejected, count(*) FILTER (outcome = 'undecided') AS undecided
FROM traces"""
_GENERATORS = "SELECT generator, count(*) AS n FROM traces GROUP BY generator ORDER BY n DESC, generator"
_TOKENS = """
SELECT coalesce(sum(generated), 0)::BIGINT AS generated_tokens, coalesce(sum(prompt), 0)::BIGINT AS prompt_tokens,
    coalesce(sum(cached), 0)::BIGINT AS cached_tokens, coalesce(sum(engine_s), 0) AS engine_s,
    coalesce(sum(gpu_s), 0) AS gpu_s, coalesce(sum(dollars), 0) AS dollars
FROM (SELECT cost.generated_tokens AS generated, cost.prompt_tokens AS prompt, cost.cached_tokens AS cached,
        cost.engine_s, cost.gpu_s, cost.dollars FROM traces
    UNION ALL SELECT generated_tokens, prompt_tokens, cached_tokens, engine_s, gpu_s, dollars FROM problems)"""
_EACH = ("gpu_s", "engine_s", "generated_tokens", "prompt_tokens", "dollars")
_STEPS = """
SELECT count(*) FILTER (n_rollouts > 0) AS probed, count(*) FILTER (hard) AS positive,
    count(*) FILTER (NOT hard) AS negative, coalesce(sum(n_rollouts), 0)::BIGINT AS rollouts,
    coalesce(sum(n_undecided), 0)::BIGINT AS undecided
FROM steps
WHERE trace_id IN (SELECT trace_id FROM steps WHERE n_rollouts > 0 OR stop_reason = 'implied_positive')"""


def summarise(plan: Plan, outcome: Outcome, out: Folder, *, refused: int = 0) -> Row:
    """Return the summary of the whole run, earlier calls included; `this_call` holds what the last one did.

    `refused` is how many input rows it could not use.
    """
    with catalog(out, run_id=plan.work.run_id) as connection:
        connection.execute("SET threads = 1")  # each holds buffers: 100,000 traces in 2,000 files take 14 MB less so

        def ask(sql: str) -> list[Row]:
            rows = connection.execute(sql)
            names = [column[0] for column in rows.description]
            return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]

        ended = {row["ended"]: row["n"] for row in ask("SELECT ended, count(*) AS n FROM problems GROUP BY ended")}
        quality = ask((QUERIES / "label_quality.sql").read_text())
        summary: Row = {
            "run_id": plan.work.run_id,
            "folder": str(plan.folder),
            "models": {name: f"{info.name} on {info.engine}" for name, info in plan.models.items()},
            "completer": plan.models[plan.work.config.completer.model].name,
            "complete": outcome.complete,
            "problems": ended,
            "traces": ask(_TOTALS)[0],
            "generators": {row["generator"]: row["n"] for row in ask(_GENERATORS)},
            "steps": ask(_STEPS)[0],
            "label_quality": [row for row in quality if row["steps"]],
            "sufficiency": ask((QUERIES / "sufficiency.sql").read_text()),
            "faithfulness": ask((QUERIES / "faithfulness.sql").read_text()),
            "tokens": ask(_TOKENS)[0],
            **_files(plan.folder),
        }
    summary["per_accepted"] = _per_accepted(summary["traces"]["accepted"], summary["tokens"])
    counts = outcome.counts
    summary["this_call"] = {
        "seconds": round(outcome.seconds, 2),
        "problems": counts.problems,
        "rollouts": counts.rollouts,
        "generated_tokens": counts.generated_tokens,
        "tokens_per_s": round(counts.generated_tokens / counts.engine_s) if counts.engine_s else 0,
        "mean_batch": round(counts.sequence_steps / counts.engine_steps, 1) if counts.engine_steps else 0,
        "cancelled_rollouts": counts.cancelled,
        "replayed_rollouts": counts.replayed,
        "engine_restarts": counts.restarts,
        "retried_requests": counts.retried,
        "gpu_s": round(counts.gpu_s, 2),
        "dollars": round(counts.dollars, 6),
        "refused_rows": refused,
        "half_written_files_removed": outcome.removed,
    }
    return summary


def _files(folder: Folder) -> Row:
    sizes = [entry.bytes for entry in manifest.entries(folder)]
    return {"files": len(sizes), "bytes": sum(sizes)}


def _per_accepted(accepted: int, spent: Row) -> Row:
    """Return what an accepted trace cost, all that the run spent shared among them; null where none was accepted."""
    return {name: spent[name] / accepted if accepted else None for name in _EACH}


def as_json(summary: Row) -> str:
    """Return the summary as one line."""
    return json.dumps(summary, ensure_ascii=False, default=float)


def show(summary: Row, console: Console, query: str) -> None:
    """Print the summary on one screen, and what to type next; `query` is the command that asks this folder."""
    call, traces, steps = summary["this_call"], summary["traces"], summary["steps"]
    console.rule(f"run {summary['run_id']}  {', '.join(summary['models'].values())}", align="left")
    ended = ", ".join(f"{n:,} {word}" for word, n in sorted(summary["problems"].items())) or "none"
    share = f" ({traces['accepted'] / traces['traces']:.0%} accepted)" if traces["traces"] else ""
    lines = {
        "problems": ended,
        "traces": f"{traces['traces']:,}{share}: {traces['accepted']:,} accepted, {traces['rejected']:,} rejected, "
        f"{traces['undecided']:,} undecided"
        + f"; {traces['duplicates']:,} repeat another" * bool(traces["duplicates"])
        + f" ({', '.join(f'{n:,} {name}' for name, n in summary['generators'].items())})"
        * (len(summary["generators"]) > 1),
        "step labels": f"{steps['positive'] + steps['negative']:,}: {steps['positive']:,} good, {steps['negative']:,} bad; "
        f"{steps['rollouts']:,} rollouts of {steps['probed']:,} prefixes, {steps['undecided']:,} undecided",
        "tokens": f"{summary['tokens']['generated_tokens']:,} generated, {summary['tokens']['prompt_tokens']:,} prompt "
        f"({_share(summary['tokens']['cached_tokens'], summary['tokens']['prompt_tokens'])} cached)"
        + f", ${summary['tokens']['dollars']:,.4f}"
        * bool(summary["tokens"]["dollars"]),
        **({"per accepted": _each(summary["per_accepted"])} if traces["accepted"] else {}),
        "this call": f"{call['problems']:,} problems, {call['generated_tokens']:,} tokens in {call['seconds']:.0f} s "
        f"({call['tokens_per_s']:,} tokens/s in the engine, mean batch {call['mean_batch']:.0f})"
        + (f", {call['replayed_rollouts']:,} rollouts replayed" * bool(call["replayed_rollouts"]))
        + (f", engine restarted {call['engine_restarts']} times" * bool(call["engine_restarts"]))
        + (f", {call['retried_requests']:,} requests sent again" * bool(call["retried_requests"])),
        "files": f"{summary['files']:,} ({summary['bytes'] / 1e6:.1f} MB) in {summary['folder']}",
    }
    for name, text in lines.items():
        console.print(f"[cyan]{name:>12}[/cyan]  {text}", highlight=False, soft_wrap=True)
    if summary["label_quality"]:
        console.print(
            "hard labels against exact truth; always calling a step good has balanced accuracy 0.500 and the accuracy in the "
            "last column",
            soft_wrap=True,
        )
        console.print(_quality(summary["label_quality"]))
    if summary["sufficiency"]:
        console.print(
            "blind re-derivation: share of programs that pass, 95% over problems; shuffled is the reasoning of another program",
            soft_wrap=True,
        )
        console.print(_arms(summary["sufficiency"], ("written from", "problems", "programs", "pass")))
    if summary["faithfulness"]:
        console.print(
            "blind back-translation: share of proofs that verify, names re-assigned, 95% over theorems; shuffled is the prose of "
            "another theorem",
            soft_wrap=True,
        )
        console.print(_arms(summary["faithfulness"], ("proved from", "theorems", "proofs", "verified")))
    for advice in _advice(summary, query):
        console.print(advice, style="yellow", markup=False, soft_wrap=True)
    for command in (query, f"{query} NAME=label_quality"):
        console.print(f"next: {command}", style="bold", markup=False, soft_wrap=True)


def _each(spent: Row) -> str:
    """Say what an accepted trace cost: in seconds of GPUs, or of engines where none of them holds any."""
    unit, seconds = ("GPU", spent["gpu_s"]) if spent["gpu_s"] else ("engine", spent["engine_s"])
    money = f", ${spent['dollars']:,.6f}" * bool(spent["dollars"])
    return f"{seconds:,.3f} {unit}-seconds, {spent['generated_tokens']:,.0f} tokens generated{money}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "0%"


_QUALITY = {
    "steps": "steps",
    "balanced": "balanced",
    "recall_bad": "recall bad",
    "recall_good": "recall good",
    "accuracy": "accuracy",
    "baseline": "always good",
}


def _quality(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("family", style="cyan", no_wrap=True)
    for heading in _QUALITY.values():
        table.add_column(heading, justify="right")
    for row in rows:
        figures = (row[column] for column in _QUALITY)
        table.add_row(
            row["family"], *("-" if f is None else f"{f:,}" if isinstance(f, int) else f"{f:.3f}" for f in figures)
        )
    return table


def _arms(rows: Sequence[Row], headings: tuple[str, str, str, str]) -> Table:
    """Return the arms of a comparison; `headings` name what each was given, and the columns of its counts and share."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("family", style="cyan", no_wrap=True)
    table.add_column(headings[0], no_wrap=True)
    for heading in (*headings[1:], "95%", "as alone"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        _, family, arm, cases, tries, share, low, high, as_alone = row.values()
        within = "" if as_alone is None else "yes" if as_alone else "no"
        table.add_row(family, arm, f"{cases:,}", f"{tries:,}", f"{share:.3f}", f"{low:.3f} to {high:.3f}", within)
    return table


def _advice(summary: Row, query: str) -> list[str]:
    """Return what a person should do about how problems ended."""
    ended, advice = summary["problems"], []
    if ended.get("uninformative"):
        advice.append(
            f"{ended['uninformative']:,} of the problems ended uninformative: {summary['completer']} never reached their "
            "reference from the bare question, so their steps have no labels. Give it easier problems, or name a stronger model "
            "under [completer]."
        )
    if ended.get("skipped"):
        advice.append(
            f'{ended["skipped"]:,} of the problems or input rows were skipped; {query} SQL="SELECT source, message FROM problems '
            "WHERE ended = 'skipped'\" says which and why."
        )
    if ended.get("error"):
        advice.append(
            f'{ended["error"]:,} of the problems ended in an error; {query} SQL="SELECT source, stage, error_type, message '
            "FROM problems WHERE ended = 'error'\" says which and why."
        )
    if not summary["complete"]:
        advice.append("Stopped at the token budget; the same command goes on from here.")
    return advice
