"""Many programs with one worker, and canaries among them: programs known to be right and known to be wrong.

The canaries run before the first batch and after every one, judged by cases and by tests like anything else. Where one gets
another verdict than it must, nothing since the last good ones can be trusted: the worker is replaced and the batch judged once
more, and where that does not help its verdicts are `infra`.
"""

from collections.abc import Iterable, Set
from contextlib import suppress

from schemas.errors import StepmillError
from verifiers.programs.judgement import AssertTests, Cases, CodeVerdict, Status, Submission, check
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Config, Limits, Program

SIZE = 64
"""Programs of one batch: four canaries cost about six runs, a batch 64 to 128."""

# Slow machines are no reason for a canary to flip: 10 s for what takes a millisecond.
_LIMITS = Limits(cpu_s=10.0)
_RIGHT = "def double(xs):\n    return [2 * x for x in xs]\n"
_WRONG = "def double(xs):\n    return [x * x for x in xs]\n"
_CASES = Cases(calls=(Call(args=([2, 0],)), Call(args=([3],))), expected=([4, 0], [6]))
_TESTS = AssertTests(
    code="def check(candidate):\n    assert candidate([2, 0]) == [4, 0]\n    assert candidate([3]) == [6]\n"
)

_CODES: tuple[tuple[str, str, Status], ...] = (("right", _RIGHT, "pass"), ("wrong", _WRONG, "fail"))

CANARIES: tuple[tuple[str, Submission, Status], ...] = tuple(
    (
        f"the {word} canary by {'cases' if by is _CASES else 'tests'}",
        Submission(program=Program(code=code, entry_point="double"), by=by, limits=_LIMITS),
        status,
    )
    for word, code, status in _CODES
    for by in (_CASES, _TESTS)
)
"""Name, program, and the status it must get."""
_KINDS = frozenset((Cases, AssertTests))
"""What programs are judged by."""


class Judge:
    """One worker of its own, replaced when a canary says so. For one thread at a time; close it, or use `with`."""

    def __init__(self, config: Config | None = None, *, sparing: bool = False) -> None:
        """Start the worker. Raises ConfigError where nothing confines it and `unconfined` is not set.

        `sparing`, for small batches: behind a batch run only the canaries that are judged as its programs are, by cases or by
        tests. Those of the other kind wait for the next batch of that kind, behind which they still tell.
        """
        self._config, self._sparing = config or Config(), sparing
        self._sandbox: Sandbox | None = Sandbox(self._config)
        self._cancelled = False
        self._trusted = False
        """The canaries were right and nothing has run since."""
        self.canaries = 0
        """Canaries run so far."""
        self.layers = self._sandbox.layers

    def judge(self, batch: Iterable[Submission]) -> list[CodeVerdict]:
        """Return the verdicts of a batch, in order. Total. The batch may still grow: each is asked for when it is its turn."""
        flipped = ""
        waiting, taken = iter(batch), list[Submission]()
        for _ in range(2):
            flipped = self._flipped()
            if not flipped and self._sandbox is not None:
                verdicts = [self._check(self._sandbox, one) for one in taken]
                self._trusted = False
                for one in waiting:
                    taken.append(one)
                    verdicts.append(self._check(self._sandbox, one))
                flipped = self._flipped({type(one.by) for one in taken} if self._sparing else _KINDS)
                if not flipped:
                    return verdicts
            self._replace()
        return [self._infra(f"{flipped}, also with a new worker") for _ in (*taken, *waiting)]

    def cancel(self) -> None:
        """From another thread: let the batch in progress end with the program that runs now; the rest of it is `infra`."""
        self._cancelled = True

    def close(self) -> None:
        """End the worker. Not while a batch is being judged: `cancel` that and wait for it."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()

    def __enter__(self) -> "Judge":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check(self, sandbox: Sandbox, submission: Submission) -> CodeVerdict:
        if self._cancelled:
            return self._infra("cancelled")
        verdict = check(sandbox, submission)
        # Our own failure is asked twice: what is no label should also be rare.
        return check(sandbox, submission) if verdict.status == "infra" else verdict

    def _flipped(self, kinds: Set[type] = _KINDS) -> str:
        """Run the canaries of these kinds where that is due; say which got the wrong verdict, nothing where all were right."""
        if self._trusted:
            return ""
        if self._sandbox is None:
            return "no worker could be started"
        for name, submission, status in CANARIES:
            if type(submission.by) not in kinds:
                continue
            self.canaries += 1
            verdict = check(self._sandbox, submission)
            if verdict.status != status:
                return f"{name} got {verdict.status} ({verdict.reason})"
        self._trusted = True
        return ""

    def _replace(self) -> None:
        self.close()
        self._trusted = False
        with suppress(StepmillError, OSError):
            self._sandbox = Sandbox(self._config)

    def _infra(self, reason: str) -> CodeVerdict:
        return CodeVerdict(status="infra", reason=reason, layers=self.layers, cpu_s=0.0)
