"""The judge of a run: each domain's problems go to what can judge them, beside any event loop and inside a Ray actor.

`ROUTES` is the whole list. A route starts nothing before its first check; the judge opens it for the first problem of its domain.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from schemas import judge as schema
from schemas.errors import ConfigError
from schemas.problem import Problem
from schemas.verdict import StepChecks, Verdict
from verifiers import python
from verifiers.catalog import VERIFIERS, config_of, unavailable
from verifiers.lean import check as lean
from verifiers.lean.route import Proofs
from verifiers.programs.route import Programs
from verifiers.workers import Config as WorkersConfig
from verifiers.workers import Workers, unknown


class Route(schema.Judge, Protocol):
    """A judge that is owned by somebody, who closes it. Total, for any number of loops and threads at once."""

    def check_sync(self, problem: Problem, text: str) -> Verdict:
        """`check` for callers without an event loop; blocks the calling thread."""
        ...

    def close(self) -> None:
        """End whatever was started; checks that have not ended are undecided. Twice does no harm."""
        ...

    async def aclose(self) -> None:
        """`close` without blocking the event loop."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How a run judges."""

    workers: WorkersConfig = field(default_factory=WorkersConfig)
    """Of mathematics; its `verifiers` are those below."""
    programs: int = 2
    """Programs that run at a time."""
    proofs: int = 2
    """Lean servers; each takes what waits in batches."""
    verifiers: Mapping[str, Any] = field(default_factory=dict)  # Any: each verifier module's own Config
    """The Config of verifiers by their NAME; missing ones have their defaults."""


def _workers(config: Config) -> Route:
    return Workers(replace(config.workers, verifiers=config.verifiers))


def _programs(config: Config) -> Route:
    return Programs(config_of(python, config.verifiers), at_once=config.programs)


def _proofs(config: Config) -> Route:
    return Proofs(config_of(lean, config.verifiers), at_once=config.proofs)


ROUTES: dict[str, Callable[[Config], Route]] = {
    "math": _workers,  # processes that can be killed: verdicts are computations
    "code": _programs,  # threads with a sandbox each: verdicts are programs that run
    "proof": _proofs,  # threads with a Lean server each: verdicts are the kernel's
}
"""By domain: what opens the route."""


class LocalJudge:
    """A `Route` to all of them, on this machine."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()
        self._lock = threading.Lock()
        self._routes: dict[str, Route] = {}
        self._closed = False

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Judge `text`. Total: every failure is an undecided verdict."""
        route = self._route(problem.domain)
        return await route.check(problem, text) if route is not None else unavailable(problem.domain)

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return claims and exact truth about each step; nothing about any where there is none."""
        route = self._route(problem.domain)
        return await route.check_steps(problem, steps) if route is not None else unknown(steps)

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[schema.CameTo]:
        """Return what calls of a function come to; nothing where the problem's domain runs none."""
        route = self._route(problem.domain)
        return await route.run(problem, code, entry_point, calls) if route is not None else ()

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[schema.Ran]:
        """Return what scripts of tactics do to the goals of a formal statement; nothing for other domains."""
        route = self._route(problem.domain)
        return await route.states(problem, scripts) if route is not None else ()

    def check_sync(self, problem: Problem, text: str) -> Verdict:
        """`check` for callers without an event loop; blocks the calling thread."""
        route = self._route(problem.domain)
        return route.check_sync(problem, text) if route is not None else unavailable(problem.domain)

    def close(self) -> None:
        """End every route. Twice does no harm."""
        with self._lock:
            self._closed = True
            routes = list(self._routes.values())
        for route in routes:
            route.close()

    async def aclose(self) -> None:
        """`close` without blocking the event loop."""
        await asyncio.to_thread(self.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _route(self, domain: str) -> Route | None:
        if domain not in ROUTES:
            return None
        with self._lock:
            if domain not in self._routes:
                self._routes[domain] = ROUTES[domain](self.config)
                if self._closed:
                    self._routes[domain].close()  # starts nothing any more, and says so in its verdicts
            return self._routes[domain]


def require(problems: Iterable[Problem], verifiers: Mapping[str, Any]) -> None:
    """Raise ConfigError where this machine cannot judge one of the problems: before anything is sampled for it.

    `verifiers` are the Configs by NAME. What is needed is tried once for each domain and task.
    """
    seen = set()
    for problem in problems:
        kind = problem.domain, problem.task
        verifier = VERIFIERS.get(problem.domain)
        if verifier is None or kind in seen:
            continue
        seen.add(kind)
        said = verifier.missing(problem, config_of(verifier, verifiers))
        if said is not None:
            raise ConfigError(f"problems of the domain {problem.domain!r} cannot be judged here: {said}")
