"""Which verifier judges which domain.

`VERIFIERS` is the whole list: a new verifier is one file and one line here.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from schemas.problem import Problem
from schemas.verdict import Outcome, Verdict
from verifiers import answers


class Verifier(Protocol):
    """What a verifier *module* offers. Deterministic and total: bad input gives a verdict, never an error."""

    @property
    def NAME(self) -> str:
        """The file's name; `verifier` in every verdict."""
        ...

    @property
    def VERSION(self) -> int:
        """Goes up whenever any input may get another verdict."""
        ...

    @property
    def STATUSES(self) -> Mapping[str, Outcome]:
        """Every status word and what it counts as."""
        ...

    @property
    def Config(self) -> Any:  # Any: each module has its own frozen dataclass; mypy cannot tie it to the functions below
        """What it leaves open, with defaults; the table `[verifiers.NAME]` of a configuration."""
        ...

    def check(self, problem: Problem, text: str, config: Any) -> Verdict:
        """Judge a whole text. May take long on hostile input: `workers.Workers` puts a deadline on it."""
        ...

    def quick(self, problem: Problem, text: str, config: Any) -> Verdict | None:
        """Return the same verdict where it is cheap enough for the event loop, None where `check` is needed."""
        ...

    def truncated(self, text: str) -> Verdict:
        """Judge a completion that was cut at its token limit; never undecided."""
        ...

    def failed(self, status: "Failure", reason: str, seconds: float) -> Verdict:
        """Return the undecided verdict for a check that its worker did not finish."""
        ...

    def reference_error(self, problem: Problem) -> str | None:
        """Say why the reference does not verify against itself, None where it does."""
        ...


Failure = answers.Failure

VERIFIERS: dict[str, Verifier] = {"math": answers}


def truncated(problem: Problem, text: str) -> Verdict:
    """Judge a completion of `problem` that was cut at its token limit. Raises KeyError for an unknown domain."""
    return VERIFIERS[problem.domain].truncated(text)
