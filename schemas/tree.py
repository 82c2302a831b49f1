"""One search = one row: its nodes with their counts; the traces that were cut from it point at it."""

from dataclasses import dataclass

import pyarrow as pa

from schemas.table import field, table_schema
from schemas.trace import TRACES, Cost, Policy, TraceProblem
from schemas.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A prefix that was probed, or the end of a solution that was cut from the tree."""

    node: int
    parent: int | None
    depth: int
    text: str
    action: str | None = None
    prior: float | None = None
    visits: int
    value_sum: float
    value: float | None
    n_rollouts: int
    n_correct: int
    n_undecided: int
    terminal: bool
    outcome: Outcome | None
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One row of `trees`; see `TREES` for every column's meaning and unit."""

    tree_id: str
    problem_id: str
    run_id: str
    search: str
    search_version: int
    tree_index: int
    domain: str
    family: str
    problem: TraceProblem
    config: str
    nodes: tuple[Node, ...]
    n_searches: int
    prompt_hash: str
    policy: Policy
    verifier: str
    verifier_version: int
    cost: Cost
    code_version: str
    created_at: int


_text, _int, _real = pa.string(), pa.int32(), pa.float64()

_NODE = pa.struct(
    [
        field("node", _int, "its number: the root is 0, probed prefixes in order, then the ends of solutions"),
        field("parent", _int, "the longest prefix of it that is a node; null for the root", nullable=True),
        field("depth", _int, "edges from the root"),
        field("text", _text, "what it adds to its parent; from the root on, joined, they are the prefix"),
        field("action", _text, "kind of thought, where the search says", nullable=True),
        field("prior", _real, "probability that the policy gives it, where the search uses one", nullable=True),
        field("visits", _int, "searches that set out from it"),
        field("value_sum", _real, "accepted rollouts; of an end, 1 where it is right"),
        field("value", _real, "value_sum over the decided ones, null where none is", nullable=True),
        field("n_rollouts", _int, "rollouts drawn from this prefix, undecided ones included; none from an end"),
        field("n_correct", _int, "of those, accepted"),
        field("n_undecided", _int, "of those, the verifier's own failures"),
        field("terminal", pa.bool_(), "whether it is the end of a solution"),
        field("outcome", _text, "of an end: accepted | rejected | undecided", nullable=True),
        field("tokens", _int, "tokens decoded by its rollouts"),
    ]
)

TREES = table_schema(
    "trees",
    field("tree_id", _text, "hash of run, problem, search, version and tree index"),
    field("problem_id", _text, "hash of domain, statement and reference"),
    field("run_id", _text, "fingerprint of the run"),
    field("search", _text, "file name in generators/"),
    field("search_version", _int, "its VERSION"),
    field("tree_index", _int, "which of its trees for this problem"),
    field("domain", _text, "math, code, proof"),
    field("family", _text, "procedural family or name of the source"),
    TRACES.field("problem"),
    field("config", _text, "its constants, as JSON"),
    field("nodes", pa.list_(pa.field("node", _NODE, nullable=False)), "by number"),
    field("n_searches", _int, "searches that were made"),
    field("prompt_hash", _text, "hash of the prompt template"),
    TRACES.field("policy"),
    field("verifier", _text, "file name in verifiers/"),
    field("verifier_version", _int, "its VERSION"),
    field(
        "cost", TRACES.field("cost").type, "of the whole search; its traces and its problem's record share the same out"
    ),
    field("code_version", _text, "commit, or hash of the source files"),
    field("created_at", pa.timestamp("us", tz="UTC"), "when the row was made"),
)
