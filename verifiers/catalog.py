"""Which verifier judges which domain.

`VERIFIERS` is the whole list: a new verifier is one file and one line here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from schemas.problem import Problem
from schemas.verdict import Outcome, Verdict
from verifiers import answers, python
from verifiers.lean import check as lean


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
        """Judge a whole text. May take long and start processes: a run asks its judge (`judge.py`) instead."""
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

    def missing(self, problem: Problem, config: Any) -> str | None:
        """Say what this machine lacks to judge `problem` and what to do about it, None where nothing."""
        ...

    def reference_error(self, problem: Problem, check: Callable[[Problem, str], Verdict] | None = None) -> str | None:
        """Say why the reference does not verify against itself, None where it does.

        `check` judges a text as a judge's `check_sync` does; without it, what would have to run is left out.
        """
        ...


Failure = answers.Failure

VERIFIERS: dict[str, Verifier] = {"math": answers, "code": python, "proof": lean}


def config_of(verifier: Verifier, configs: Mapping[str, Any]) -> Any:  # Any: the verifier module's own Config
    """Return the Config of a verifier out of those by NAME, its defaults where none is there."""
    return configs.get(verifier.NAME) or verifier.Config()


def unavailable(domain: str) -> Verdict:
    """Return the undecided verdict for a domain that no verifier knows."""
    reason = f"no verifier for the domain {domain!r}; known: {', '.join(sorted(VERIFIERS))}"
    return Verdict(outcome="undecided", status="unavailable", reason=reason, verifier="none", version=0)


def truncated(problem: Problem, text: str) -> Verdict:
    """Judge a completion of `problem` that was cut at its token limit. Raises KeyError for an unknown domain."""
    return VERIFIERS[problem.domain].truncated(text)
