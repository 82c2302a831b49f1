"""One trace = one row: problem, steps with counts, rollouts, verdict, policy, cost, lineage."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from schemas.problem import Task
from schemas.table import field, table_schema
from schemas.verdict import Claim, Outcome

Role = Literal["solution", "critique", "review", "summary", "translation", "revision", "plan"]
StopReason = Literal[
    "fixed",
    "first_success",
    "exhausted",
    "undecided",
    "over_length",
    "implied_positive",
    "after_first_error",
    "unprobed",
    "not_chosen",
    "unsolved",
    "refused",
    "terminal",
]
"""Why probing of a step ended. Rollouts were drawn: `fixed` = as many as the config says, `first_success` = up to the first
accepted, `exhausted` = as many as the strategy asks for and none accepted, `undecided` = the verifier failed on too many,
`over_length` = no room left for a continuation.

Others speak for it: `implied_positive` = the solution itself, or a later prefix, got there; `after_first_error` = a prefix before
it is dead. The strategy `changepoint` weighs all prefixes together: then both may have rollouts, which are outvoted, and
`first_success` may have some behind the first accepted.

None were drawn: `unprobed` = the search ended before it came here; `not_chosen` = the config labels fewer traces than it samples;
`unsolved` = the policy never got there from the bare question, so its rollouts would say nothing; `refused` = the text itself
was rejected before anything was drawn from it; `terminal` = the trace's own verdict stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceProblem:
    """The part of a problem that every trace carries."""

    task: Task
    statement: str
    reference: str
    source: str
    licence: str
    split: str
    difficulty: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. Counts are the truth; `q` is an estimate under `estimator`'s stated prior."""

    text: str
    action: str | None = None
    token_start: int
    token_end: int
    logprob: float | None
    n_rollouts: int = 0
    n_correct: int = 0
    n_undecided: int = 0
    q: float | None = None
    q_low: float | None = None
    q_high: float | None = None
    estimator: str | None = None
    stop_reason: StopReason
    exact_local: bool | None = None
    exact_prefix: bool | None = None
    checks: tuple[Claim, ...] = ()
    formal: str | None = None
    state_before: str | None = None
    state_after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One independent completion of one prefix."""

    step: int
    """The prefix ends with this step."""
    seed: int
    index: int
    text: str | None
    """Null where the config does not keep rollout text."""
    answer: str | None
    outcome: Outcome
    status: str
    finish_reason: str
    generated_tokens: int
    logprob: float | None
    """Null where the engine does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What sampled the trace, and how."""

    model: str
    revision: str
    engine: str
    model_family: str
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    seed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completer:
    """What continued the trace's prefixes, and how; the seeds are the rollouts' own."""

    model: str
    revision: str
    engine: str
    model_family: str
    prompt_hash: str
    temperature: float
    top_p: float
    max_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the trace and its labels cost."""

    prompt_tokens: int
    cached_tokens: int
    generated_tokens: int
    engine_s: float
    gpu_s: float = 0.0
    verify_s: float
    dollars: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One row of `traces`; see `TRACES` for every column's meaning and unit."""

    trace_id: str
    problem_id: str
    run_id: str
    generator: str
    generator_version: int
    sample_index: int
    domain: str
    family: str
    role: Role
    parent_trace_id: str | None
    tree_id: str | None
    tree_path: str | None
    problem: TraceProblem
    prompt_hash: str
    text_hash: str
    duplicate_of: str | None = None
    steps: tuple[Step, ...]
    rollouts: tuple[Rollout, ...]
    answer: str | None
    outcome: Outcome
    status: str
    reason: str
    verifier: str
    verifier_version: int
    root_n: int
    root_correct: int
    first_error: int | None
    policy: Policy
    completer: Completer | None
    cost: Cost
    code_version: str
    created_at: int


_text, _int, _long, _real = pa.string(), pa.int32(), pa.int64(), pa.float64()


def _struct(*fields: pa.Field) -> pa.DataType:
    return pa.struct(list(fields))


def _list(name: str, of: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field(name, of, nullable=False))


_CLAIM = _struct(
    field("text", _text, "the claim as written"),
    field("verdict", _text, "right | wrong | unsure"),
    field("reason", _text, "why"),
    field("start", _int, "first character within the step"),
    field("end", _int, "one past the last character"),
)

_STEP = _struct(
    field("text", _text, "the step; joined without separator, the steps are the whole completion"),
    field("action", _text, "kind of thought, where the generator says", nullable=True),
    field("token_start", _int, "first token within the completion"),
    field("token_end", _int, "one past the last token"),
    field("logprob", _real, "sum over the step's tokens, untempered", nullable=True),
    field("n_rollouts", _int, "rollouts drawn from this prefix, undecided ones included"),
    field("n_correct", _int, "of those, accepted"),
    field("n_undecided", _int, "of those, the verifier's own failures"),
    field("q", _real, "posterior mean of the share of accepted continuations", nullable=True),
    field("q_low", _real, "2.5% point of that posterior", nullable=True),
    field("q_high", _real, "97.5% point of that posterior", nullable=True),
    field("estimator", _text, "name of the estimator and its prior", nullable=True),
    field("stop_reason", _text, "why probing of this step ended"),
    field("exact_local", pa.bool_(), "follows from the steps before it; null where not known exactly", nullable=True),
    field("exact_prefix", pa.bool_(), "this step and all before it are right; null where not known", nullable=True),
    field("checks", _list("claim", _CLAIM), "claims found in the step and what became of them"),
    field("formal", _text, "formal twin of the step", nullable=True),
    field("state_before", _text, "goals or variables before the step", nullable=True),
    field("state_after", _text, "goals or variables after the step", nullable=True),
)

_ROLLOUT = _struct(
    field("step", _int, "the prefix ends with this step"),
    field("seed", _long, "seed of the request"),
    field("index", _int, "which of the request's n samples"),
    field("text", _text, "what was sampled; null where the config does not keep it", nullable=True),
    field("answer", _text, "final answer as written", nullable=True),
    field("outcome", _text, "accepted | rejected | undecided"),
    field("status", _text, "the verifier's word"),
    field("finish_reason", _text, "stop | length"),
    field("generated_tokens", _int, "tokens decoded"),
    field("logprob", _real, "sum over the tokens, untempered; null where the engine does not say", nullable=True),
)

TRACES = table_schema(
    "traces",
    field("trace_id", _text, "hash of run, problem, generator, version and sample index"),
    field("problem_id", _text, "hash of domain, statement and reference"),
    field("run_id", _text, "fingerprint of the run"),
    field("generator", _text, "file name in generators/"),
    field("generator_version", _int, "its VERSION"),
    field("sample_index", _int, "which of the generator's samples for this problem"),
    field("domain", _text, "math, code, proof"),
    field("family", _text, "procedural family or name of the source"),
    field("role", _text, "solution | critique | review | summary | translation | revision | plan"),
    field("parent_trace_id", _text, "trace this one was made from", nullable=True),
    field("tree_id", _text, "search this trace was cut from", nullable=True),
    field("tree_path", _text, "its path in that search", nullable=True),
    field(
        "problem",
        _struct(
            field("task", _text, "what is asked: solve | output | input | program | prove"),
            field("statement", _text, "what the model was asked"),
            field("reference", _text, "gold answer, tests or formal statement"),
            field("source", _text, "where it came from"),
            field("licence", _text, "licence of the source"),
            field("split", _text, "split of the source"),
            field("difficulty", _real, "the source's own scale", nullable=True),
        ),
        "the problem, so that a row stands alone",
    ),
    field("prompt_hash", _text, "hash of the prompt template"),
    field("text_hash", _text, "hash of the completion's text"),
    field(
        "duplicate_of",
        _text,
        "trace of the same problem and run that says the same and is kept in its stead; null where it is kept itself, and in "
        "shards before schema 5",
        nullable=True,
    ),
    field("steps", _list("step", _STEP), "in order"),
    field("rollouts", _list("rollout", _ROLLOUT), "by step, then index"),
    field("answer", _text, "final answer as written", nullable=True),
    field("outcome", _text, "accepted | rejected | undecided"),
    field("status", _text, "the verifier's word"),
    field("reason", _text, "the verifier's reason; of a revised try what its writer was told"),
    field("verifier", _text, "file name in verifiers/"),
    field("verifier_version", _int, "its VERSION"),
    field("root_n", _int, "completions of the bare question by the completer, where it labels, else by the writers"),
    field("root_correct", _int, "of those, accepted"),
    field(
        "first_error", _int, "index of the first wrong step, -1 where none, null where not known exactly", nullable=True
    ),
    field(
        "policy",
        _struct(
            field("model", _text, "name of the model"),
            field("revision", _text, "hash of its weights or hub revision"),
            field("engine", _text, "what ran it"),
            field("model_family", _text, "how it was spoken to, and its steps cut"),
            field("temperature", _real, "null where not known", nullable=True),
            field("top_p", _real, "null where not known", nullable=True),
            field("max_tokens", _int, "null where not known", nullable=True),
            field("seed", _long, "null where not known", nullable=True),
        ),
        "what sampled the trace",
    ),
    field(
        "completer",
        _struct(
            field("model", _text, "name of the model"),
            field("revision", _text, "hash of its weights or hub revision"),
            field("engine", _text, "what ran it"),
            field("model_family", _text, "how it was spoken to"),
            field("prompt_hash", _text, "hash of the prompt template around the statement"),
            field("temperature", _real, "0 is greedy"),
            field("top_p", _real, "1 is all of the distribution"),
            field("max_tokens", _int, "of a whole solution, the prefix included"),
        ),
        "what continued its prefixes; null where none was continued",
        nullable=True,
    ),
    field(
        "cost",
        _struct(
            field("prompt_tokens", _long, "prompt tokens of the trace and its rollouts"),
            field("cached_tokens", _long, "of those, served from the prefix cache"),
            field("generated_tokens", _long, "tokens decoded for the trace and its rollouts"),
            field("engine_s", _real, "seconds of engine time, shared among concurrent requests"),
            field("gpu_s", _real, "engine_s times the GPUs of the engine; 0 on CPUs and behind a server"),
            field("verify_s", _real, "seconds spent in verifiers"),
            field("dollars", _real, "by the run's price table; 0 without one"),
        ),
        "what it cost",
    ),
    field("code_version", _text, "commit, or hash of the source files"),
    field("created_at", pa.timestamp("us", tz="UTC"), "when the row was made"),
)
