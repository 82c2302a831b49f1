"""A judge whose verdicts come from verifier actors elsewhere in the cluster."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ray
import ray.actor

from schemas.judge import CameTo, Ran
from schemas.problem import Problem
from schemas.verdict import StepChecks, Verdict
from verifiers.catalog import unavailable
from verifiers.workers import unknown

AT_ONCE = 16
"""Calls that one verifier actor is given at a time; the others wait here, and with them the searches that asked."""
TRIES = 3
DEADLINE_S = 900.0
"""Of one call. Verifiers have deadlines of their own, far below; this is for an actor that answers its beats and nothing else."""


@dataclass(slots=True)
class _Verifier:
    actor: ray.actor.ActorHandle
    busy: int = 0


class FarJudge:
    """A `verifiers.judge.Route`; what a lost actor was asked is asked of another, `TRIES` times."""

    def __init__(self) -> None:
        self._verifiers: list[_Verifier] = []
        self._changed = asyncio.Condition()

    def use(self, actors: Sequence[ray.actor.ActorHandle]) -> None:
        """Take the verifiers that there are now; called on the event loop that asks."""
        known = {one.actor._actor_id: one for one in self._verifiers}
        self._verifiers = [known.get(actor._actor_id) or _Verifier(actor) for actor in actors]
        asyncio.get_running_loop().create_task(self._tell())

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Judge `text`. Total: every failure is an undecided verdict."""
        verdict: Verdict | None = await self._ask("check", problem, text)
        return unavailable(problem.domain) if verdict is None else verdict

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return claims and exact truth about each step; nothing about any where nobody could say."""
        checks: StepChecks | None = await self._ask("check_steps", problem, steps)
        return unknown(steps) if checks is None else checks

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Return what calls of a function come to."""
        return await self._ask("run", problem, code, entry_point, calls) or ()

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Return what scripts of tactics do to the goals of a formal statement."""
        return await self._ask("states", problem, scripts) or ()

    def check_sync(self, problem: Problem, text: str) -> Verdict:
        """Searches ask from an event loop only."""
        raise NotImplementedError("a far judge is asked from an event loop")

    def close(self) -> None:
        """The actors belong to the driver."""

    async def aclose(self) -> None:
        """The actors belong to the driver."""

    async def _ask(self, method: str, *arguments: Any) -> Any:  # Any: what the methods of `Judge` take and return
        for _ in range(TRIES):
            verifier = await self._free()
            verifier.busy += 1
            try:
                async with asyncio.timeout(DEADLINE_S):
                    return await getattr(verifier.actor, method).remote(*arguments)
            except (ray.exceptions.RayActorError, TimeoutError):
                # Gone, until the driver says `use` again.
                self._verifiers = [one for one in self._verifiers if one is not verifier]
            except ray.exceptions.RayError:
                continue
            finally:
                verifier.busy -= 1
                await self._tell()
        return None

    async def _free(self) -> _Verifier:
        """Return the verifier with the fewest calls, once one has room."""
        async with self._changed:
            await self._changed.wait_for(lambda: any(one.busy < AT_ONCE for one in self._verifiers))
            return min(self._verifiers, key=lambda one: one.busy)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
