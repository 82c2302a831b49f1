"""A problem as it comes in, and the record of how it ended."""

from dataclasses import dataclass
from typing import Literal, get_args

import pyarrow as pa

from schemas.table import field, table_schema

Task = Literal["solve", "output", "input", "program", "prove"]
"""What is asked: the answer of a question or a proof (`solve`), what a call returns (`output`), arguments for which a function
returns a value (`input`), a program that passes tests (`program`), a formal proof of a formal statement (`prove`)."""

ALL_TASKS: tuple[Task, ...] = get_args(Task)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Somebody's solution of a problem, to be verified and labelled."""

    text: str
    model: str
    """Who wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to solve, with its own reference; what a verifier needs and nothing a model may see but `statement`."""

    problem_id: str
    domain: str
    """Picks the verifier: math, code, proof."""
    task: Task = "solve"
    family: str
    """A procedural family with exact step truth, or the name of the source."""
    statement: str
    reference: str
    """Gold answer, value, tests or formal statement, by domain and task: all that the verdict needs."""
    source: str
    """Where it came from, with the line for a file."""
    licence: str
    split: str
    difficulty: float | None = None
    program: str | None = None
    """What exact step checks and generators need beyond statement and reference, as JSON; null where there is none."""
    given: tuple[Solution, ...] = ()
    """Solutions that came with it; no generator but `given` looks at them."""


Ended = Literal["done", "skipped", "uninformative", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRecord:
    """One row of `problems`: how one problem ended. Token counts here are those spent outside its traces."""

    problem_id: str
    run_id: str
    domain: str
    task: Task
    family: str
    statement: str
    reference: str
    source: str
    licence: str
    split: str
    difficulty: float | None
    ended: Ended
    root_n: int
    root_correct: int
    n_traces: int
    stage: str | None
    """Which stage failed, where `ended` is error or skipped."""
    error_type: str | None
    message: str | None
    prompt_tokens: int
    cached_tokens: int
    generated_tokens: int
    engine_s: float
    gpu_s: float = 0.0
    dollars: float
    seconds: float
    code_version: str
    created_at: int
    """Microseconds since 1970 in UTC."""


_text, _int, _long = pa.string(), pa.int32(), pa.int64()

GIVEN = table_schema(
    "given",
    field("problem_id", _text, "hash of domain, statement and reference"),
    field("domain", _text, "math, code, proof"),
    field("task", _text, "what is asked: solve | output | input | program | prove"),
    field("family", _text, "procedural family or name of the source"),
    field("statement", _text, "what the model is asked"),
    field("reference", _text, "gold answer, tests or formal statement"),
    field("source", _text, "where it came from, with the line for a file"),
    field("licence", _text, "licence of the source"),
    field("split", _text, "split of the source"),
    field("difficulty", pa.float64(), "the source's own scale", nullable=True),
    field("program", _text, "what step checks and generators need besides, as JSON", nullable=True),
    field(
        "given",
        pa.list_(
            pa.field(
                "solution",
                pa.struct([field("text", _text, "the solution"), field("model", _text, "who wrote it")]),
                nullable=False,
            )
        ),
        "solutions that came with it",
    ),
)
"""Problems on their way through the flow; never written."""

PROBLEMS = table_schema(
    "problems",
    field("problem_id", _text, "hash of domain, statement and reference"),
    field("run_id", _text, "fingerprint of the run"),
    field("domain", _text, "math, code, proof"),
    field("task", _text, "what is asked: solve | output | input | program | prove"),
    field("family", _text, "procedural family or name of the source"),
    field("statement", _text, "what the model was asked"),
    field("reference", _text, "gold answer, tests or formal statement"),
    field("source", _text, "where it came from, with the line for a file"),
    field("licence", _text, "licence of the source"),
    field("split", _text, "split of the source"),
    field("difficulty", pa.float64(), "the source's own scale", nullable=True),
    field("ended", _text, "done | skipped | uninformative | error"),
    field("root_n", _int, "rollouts from the bare question"),
    field("root_correct", _int, "of those, accepted"),
    field("n_traces", _int, "rows of this problem in `traces`"),
    field("stage", _text, "stage that failed or skipped", nullable=True),
    field("error_type", _text, "class of the error", nullable=True),
    field("message", _text, "what happened and what to do", nullable=True),
    field("prompt_tokens", _long, "prompt tokens spent outside the traces"),
    field("cached_tokens", _long, "of those, served from the prefix cache"),
    field("generated_tokens", _long, "tokens decoded outside the traces"),
    field("engine_s", pa.float64(), "seconds of engine time spent outside the traces"),
    field("gpu_s", pa.float64(), "that times the GPUs of the engine; 0 on CPUs and behind a server"),
    field("dollars", pa.float64(), "what that cost by the run's price table; 0 without one"),
    field("seconds", pa.float64(), "wall time from start to end of this problem, s"),
    field("code_version", _text, "commit, or hash of the source files"),
    field("created_at", pa.timestamp("us", tz="UTC"), "when the record was made"),
)
