"""The way in: a pool of workers that any number of threads may share."""

import queue
from collections.abc import Callable, Sequence
from typing import Self, TypeVar

from schemas.errors import ConfigError
from verifiers.sandbox import layers as layers_
from verifiers.sandbox.process import LayerError
from verifiers.sandbox.rows import Call, Config, Limits, Program, Run
from verifiers.sandbox.worker import Worker

T = TypeVar("T")
_DEFAULT = Limits()


class Sandbox:
    """Runs programs in workers that are started here and replaced when they fail. Close it, or use `with`.

    No event loop, no signals, nothing inherited by what it starts: works from any thread and inside a Ray actor.
    """

    layers: tuple[str, ...]
    """The walls that are up; also in every run."""

    def __init__(self, config: Config | None = None) -> None:
        """Find out what the machine offers and start the workers.

        Raises ConfigError where nothing confines a program and `unconfined` is not set, or where no worker starts.
        """
        config = config or Config()
        if config.workers < 1:
            raise ConfigError(f"workers = {config.workers}: at least one is needed")
        found = layers_.probe(config.layers, config.path)
        if not found.confined and not config.unconfined:
            raise ConfigError(_nothing_confines(found))
        self.layers = found.layers if found.confined else ("rlimits",)
        self._workers: list[Worker] = []
        self._idle: queue.SimpleQueue[Worker | None] = queue.SimpleQueue()
        try:
            for _ in range(config.workers):
                self._workers.append(Worker(self.layers, config.path))
        except LayerError as error:
            for worker in self._workers:
                worker.close()
            raise ConfigError(f"no worker of the sandbox starts ({error})") from None
        for worker in self._workers:
            self._idle.put(worker)

    @property
    def workers(self) -> Sequence[Worker]:
        """The workers, to look at."""
        return tuple(self._workers)

    def run(self, program: Program, calls: Sequence[Call], limits: Limits = _DEFAULT, *, seed: int = 0) -> Run:
        """Load a program in a fresh process and make the calls one after the other. Total.

        `seed`, 0 or 1, chooses the hash seed and the seed of `random`.
        """
        return self._with_worker(lambda worker: worker.run(program, calls, limits, seed & 1))

    def converse(
        self, program: Program, tests: Program, limits: Limits = _DEFAULT, *, seed: int = 0
    ) -> tuple[Run, Run]:
        """Run trusted tests that call the program: (the program's run, the tests' run). Total.

        The tests are a process of their own, in whose globals stands `call(name, args, kwargs)`. It returns what the program's
        function returns and raises what that raises: the builtin exception of that name, for another class one of its name under
        the nearest builtin one. An argument that is no plain value ends the tests with a BaseException; they get TypeError where
        the program returned no plain value. The program's process never sees the tests. The tests' entry point takes no
        argument; what it returns is the one answer of their run. Both runs have the limits to themselves.
        """
        return self._with_worker(lambda worker: worker.converse(program, tests, limits, seed & 1))

    def _with_worker(self, use: Callable[[Worker], T]) -> T:
        worker = self._idle.get()
        if worker is None:
            self._idle.put(None)
            raise RuntimeError("the sandbox is closed")
        try:
            return use(worker)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End the workers, after the runs in flight, and remove what they had."""
        for _ in range(len(self._workers)):
            worker = self._idle.get()
            if worker is not None:
                self._workers.remove(worker)
                worker.close()
        self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _nothing_confines(found: layers_.Found) -> str:
    remedies = found.remedies()
    lines = [
        f"  {name}: {why}" + (f"; {remedies[name]}" if remedies[name] else "") for name, why in found.missing.items()
    ]
    return "\n".join(
        ["nothing here confines a program; set unconfined = true to run what you would run yourself. Missing:", *lines]
    )
