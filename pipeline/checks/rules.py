"""What must hold of every row, whoever made it: counts that add up, words of the catalogues, probabilities, order and lineage.

A rule is a predicate in SQL over one item of a batch (a trace, a step, a rollout, a node, a problem) and what is wrong where it
is true; null is not true. DuckDB looks at a batch at once: 100,000 traces take seconds where a loop over dicts takes minutes.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import duckdb
import pyarrow as pa

from schemas.model import FinishReason
from schemas.problem import ALL_TASKS, Ended
from schemas.trace import Role, StopReason
from schemas.verdict import ClaimVerdict, Outcome
from verifiers import critique, equivalence, plans, translations
from verifiers.catalog import VERIFIERS

WORDS: Mapping[str, Mapping[str, str]] = {
    **{verifier.NAME: {**verifier.STATUSES, "disagree": "undecided"} for verifier in VERIFIERS.values()},
    **{module.NAME: dict(module.STATUSES) for module in (critique, equivalence, plans, translations)},
    "none": {"unavailable": "undecided"},
}
"""The outcome of every status word, by verifier; `disagree` is the audit's own (`pipeline/verify.py`)."""
VERSIONS: Mapping[str, int] = {
    "none": 0,
    **{verifier.NAME: verifier.VERSION for verifier in VERIFIERS.values()},
    **{module.NAME: module.VERSION for module in (critique, equivalence, plans, translations)},
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A predicate that is true of an item that is wrong, and an expression that says how."""

    when: str
    says: str


def _among(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _shown(*columns: str) -> str:
    """Return columns that may be null as text: a `format` with a null in it is null."""
    return ", ".join(f"coalesce(CAST({column} AS VARCHAR), 'null')" for column in columns)


_COUNTS = (
    "{0}.n_rollouts < 0 OR {0}.n_correct < 0 OR {0}.n_undecided < 0 OR {0}.n_correct + {0}.n_undecided > {0}.n_rollouts"
)
_COUNTED = "format('{{}} rollouts, {{}} correct, {{}} undecided', {0}.n_rollouts, {0}.n_correct, {0}.n_undecided)"

_OTHER_PROMPT = "{0} NOT IN (SELECT hash FROM prompts) AND (SELECT count(*) FROM prompts) > 0"

_TRACE = (
    Rule("run_id <> this_run", "'run_id ' || run_id || ' is another run''s'"),
    Rule(f"role NOT IN ({_among(get_args(Role))})", "'role ' || role || ' is no role'"),
    Rule(f"problem.task NOT IN ({_among(ALL_TASKS)})", "'task ' || problem.task || ' is no task'"),
    Rule("verifier NOT IN (SELECT verifier FROM words)", "verifier || ' is no verifier'"),
    Rule(  # of other versions the words are not known
        "(verifier, verifier_version) IN (SELECT (verifier, version) FROM words)"
        " AND (verifier, status, outcome) NOT IN (SELECT (verifier, status, outcome) FROM words)",
        "format('{} says {}, which does not count as {}', verifier, status, outcome)",
    ),
    Rule("sample_index < 0", "'sample_index ' || sample_index"),
    Rule(_OTHER_PROMPT.format("prompt_hash"), "'its prompt is none of those in run.json'"),
    Rule(_OTHER_PROMPT.format("completer.prompt_hash"), "'its completer''s prompt is none of those in run.json'"),
    Rule(
        "root_correct < 0 OR root_correct > root_n",
        "format('{} right of {} from the bare question', root_correct, root_n)",
    ),
    Rule(
        "first_error < -1 OR first_error >= len(steps)", "format('first_error {} of {} steps', first_error, len(steps))"
    ),
    Rule(
        "first_error >= 0 AND (coalesce(steps[first_error + 1].exact_prefix, false)"
        " OR len(list_filter(steps[1:first_error], lambda s: s.exact_prefix = false)) > 0)",
        "'first_error ' || first_error || ' is not the first step whose prefix is wrong'",
    ),
    Rule(
        "first_error = -1 AND len(list_filter(steps, lambda s: s.exact_prefix = false)) > 0",
        "'first_error says that all is right, and a step says that it is not'",
    ),
    Rule("tree_path IS NOT NULL AND tree_id IS NULL", "'a path in no tree'"),
    Rule("parent_trace_id = trace_id OR duplicate_of = trace_id", "'it is its own parent or duplicate'"),
    Rule(
        "least(cost.prompt_tokens, cost.cached_tokens, cost.generated_tokens, cost.engine_s, cost.gpu_s, cost.verify_s,"
        " cost.dollars) < 0",
        "'a cost below 0'",
    ),
    Rule("cost.cached_tokens > cost.prompt_tokens", "'more tokens from the cache than there were'"),
)

_STEP = (
    Rule(_COUNTS.format("step"), _COUNTED.format("step")),
    Rule(
        "NOT (step.q BETWEEN 0 AND 1) OR NOT (step.q_low BETWEEN 0 AND step.q) OR NOT (step.q_high BETWEEN step.q AND 1)",
        f"format('q {{}} ({{}} to {{}}) is no probability between its bounds', {_shown('step.q', 'step.q_low', 'step.q_high')})",
    ),
    Rule(f"step.stop_reason NOT IN ({_among(get_args(StopReason))})", "'stop_reason ' || step.stop_reason"),
    Rule(
        "step.stop_reason IN ('unprobed', 'not_chosen', 'unsolved', 'refused', 'terminal') AND step.n_rollouts > 0",
        "format('{} rollouts of a step that is {}', step.n_rollouts, step.stop_reason)",
    ),
    Rule("step.stop_reason = 'terminal' AND place < n_steps - 1", "'terminal, and others follow'"),
    Rule(
        "step.stop_reason = 'terminal' AND (outcome = 'undecided' AND step.q IS NOT NULL OR outcome = 'accepted' AND"
        " step.q IS DISTINCT FROM 1 OR outcome = 'rejected' AND coalesce(step.q, 0) <> 0)",
        f"format('the last step''s q is {{}} of a trace that is {{}}', {_shown('step.q')}, outcome)",
    ),
    Rule("step.n_rollouts > step.n_undecided AND step.q IS NULL", "'decided rollouts and no q'"),
    Rule(
        "step.token_start < 0 OR step.token_end < step.token_start",
        "format('tokens {} to {}', step.token_start, step.token_end)",
    ),
    Rule(
        f"len(list_filter(step.checks, lambda c: c.verdict NOT IN ({_among(get_args(ClaimVerdict))}) OR c.start < 0"
        " OR c.end < c.start OR c.end > length(step.text))) > 0",
        "'a claim that is not in its step, or has no verdict'",
    ),
)

_ROLLOUT = (
    Rule("rollout.step < 0 OR rollout.step >= n_steps", "format('a rollout of step {} of {}', rollout.step, n_steps)"),
    Rule(
        "(rollout.status, rollout.outcome) NOT IN (SELECT (status, outcome) FROM words)",
        "format('a rollout is {}, which does not count as {}', rollout.status, rollout.outcome)",
    ),
    Rule(
        f"rollout.finish_reason NOT IN ({_among(get_args(FinishReason))})", "'finish_reason ' || rollout.finish_reason"
    ),
    Rule("rollout.index < 0 OR rollout.generated_tokens < 0", "'an index or a number of tokens below 0'"),
)

_TREE = (
    Rule("run_id <> this_run", "'run_id ' || run_id || ' is another run''s'"),
    Rule(_OTHER_PROMPT.format("prompt_hash"), "'its prompt is none of those in run.json'"),
    Rule("len(nodes) = 0", "'no nodes'"),
    Rule("tree_index < 0 OR n_searches < 0", "'tree_index or n_searches below 0'"),
)

_NODE = (
    Rule(_COUNTS.format("node"), _COUNTED.format("node")),
    Rule("node.node <> place", "format('node {} stands at place {}', node.node, place)"),
    Rule("(node.parent IS NULL) <> (place = 0)", "'only the root, and the root, has no parent'"),
    Rule(
        "node.parent < 0 OR node.parent >= len(nodes) OR node.parent = place"
        " OR node.depth <> coalesce(nodes[node.parent + 1].depth + 1, 0)",
        f"format('node {{}}, at depth {{}}, is no child of node {{}}', place, node.depth, {_shown('node.parent')})",
    ),
    Rule("node.terminal <> (node.outcome IS NOT NULL)", "'only an end, and every end, has an outcome'"),
    Rule(f"node.outcome NOT IN ({_among(get_args(Outcome))})", "'outcome ' || node.outcome"),
    Rule(
        "NOT (node.value BETWEEN 0 AND 1) OR NOT (node.prior BETWEEN 0 AND 1 + 1e-9)",
        "'a value or prior that is no share'",
    ),
    Rule(
        "node.n_rollouts > node.n_undecided AND (node.value IS NULL OR node.value_sum <> node.n_correct OR"
        " abs(node.value * (node.n_rollouts - node.n_undecided) - node.value_sum) > 1e-6)",
        f"format('value {{}} of {{}} accepted', {_shown('node.value')}, node.value_sum)",
    ),
)

_PROBLEM = (
    Rule("run_id <> this_run", "'run_id ' || run_id || ' is another run''s'"),
    Rule(f"ended NOT IN ({_among(get_args(Ended))})", "'ended ' || ended"),
    Rule(f"task NOT IN ({_among(ALL_TASKS)})", "'task ' || task || ' is no task'"),
    Rule(
        "root_correct < 0 OR root_correct > root_n",
        "format('{} right of {} from the bare question', root_correct, root_n)",
    ),
    Rule(
        "ended IN ('error', 'skipped') AND (stage IS NULL OR error_type IS NULL OR message IS NULL)",
        "'ended as ' || ended || ' and does not say why'",
    ),
    Rule(
        "ended IN ('done', 'uninformative') AND stage IS NOT NULL",
        "'ended as ' || ended || ' and names a failed stage'",
    ),
    Rule(
        "ended = 'uninformative' AND (root_n = 0 OR root_correct > 0)",
        "'uninformative, and the bare question was not tried or was solved'",
    ),
    Rule("n_traces < 0 OR seconds < 0", "'a number of traces or seconds below 0'"),
)

_STEPS = """SELECT row, outcome, len(steps) AS n_steps, unnest(steps) AS step, generate_subscripts(steps, 1) - 1 AS place
FROM batch"""
_ROLLOUTS = "SELECT row, len(steps) AS n_steps, unnest(rollouts) AS rollout FROM batch"
_NODES = "SELECT row, nodes, unnest(nodes) AS node, generate_subscripts(nodes, 1) - 1 AS place FROM batch"

# The counts of a step are those of its rollouts, and no rollout is there twice.
_SIBLINGS = f"""WITH step AS ({_STEPS}), drawn AS (
    SELECT row, rollout.step AS place, count(*) AS n, count_if(rollout.outcome = 'accepted') AS correct,
        count_if(rollout.outcome = 'undecided') AS undecided, count(DISTINCT rollout.index) AS kinds
    FROM ({_ROLLOUTS}) GROUP BY ALL)
SELECT row, format('step {{}} counts {{}} rollouts, {{}} correct, {{}} undecided; its rollouts are {{}}, {{}} and {{}}{{}}',
    place + 1, step.n_rollouts, step.n_correct, step.n_undecided, coalesce(n, 0), coalesce(correct, 0), coalesce(undecided, 0),
    if(n > kinds, ', one of them twice', ''))
FROM step LEFT JOIN drawn USING (row, place)
WHERE (step.n_rollouts, step.n_correct, step.n_undecided) <> (coalesce(n, 0), coalesce(correct, 0), coalesce(undecided, 0))
    OR n > kinds"""


def _query(source: str, rules: Sequence[Rule], where: str = "''") -> str:
    cases = ", ".join(f"CASE WHEN {rule.when} THEN {where} || coalesce({rule.says}, '?') END" for rule in rules)
    found = f"SELECT row, unnest(list_filter([{cases}], lambda said: said IS NOT NULL)) AS said FROM ({source})"
    return f"{found} ORDER BY row"


_STEP_WHERE = "'step ' || (place + 1) || ': '"
_QUERIES: Mapping[str, tuple[str, ...]] = {
    "traces": (
        _query("SELECT * FROM batch", _TRACE),
        _query(_STEPS, _STEP, _STEP_WHERE),
        _query(_ROLLOUTS, _ROLLOUT),
        f"{_SIBLINGS} ORDER BY row",
    ),
    "trees": (_query("SELECT * FROM batch", _TREE), _query(_NODES, _NODE)),
    "problems": (_query("SELECT * FROM batch", _PROBLEM),),
}


class Rules:
    """The rules of one run's rows, over one connection. Close it."""

    def __init__(self, run_id: str, prompts: Collection[str] = ()) -> None:
        """`prompts` are the hashes of those that the run asks with; none where they are not known."""
        self._connection = duckdb.connect()
        words = [(name, VERSIONS[name], *pair) for name, known in WORDS.items() for pair in known.items()]
        names = ("verifier", "version", "status", "outcome")
        table = pa.table(dict(zip(names, map(list, zip(*words, strict=True)), strict=True)))
        self._connection.execute("SET threads = 1")
        self._connection.register("words", table)
        self._connection.register("prompts", pa.table({"hash": pa.array(sorted(prompts), pa.string())}))
        self._run = run_id

    def broken(self, table: str, batch: pa.Table) -> Iterator[tuple[int, str]]:
        """Yield (place in the batch, what is wrong) for rows of `table`; `batch` has all columns of its schema."""
        rows = batch.append_column("row", pa.array(range(len(batch)), pa.int64()))
        rows = rows.append_column("this_run", pa.array([self._run] * len(batch), pa.string()))
        self._connection.register("batch", rows)
        for query in _QUERIES[table]:
            yield from self._connection.execute(query).fetchall()
        self._connection.unregister("batch")

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()
