"""Assert-style tests, run in a process of their own that calls the program through a channel.

The program's process never sees the tests nor what they expect, and the tests see exact builtins only: an object that equals
everything arrives as "no plain value", and an assertion can neither be patched nor caught by the program.

Tests are a function `check(candidate)` (HumanEval), functions `test_*` (with no argument or one: the candidate), the tests of
`unittest` classes, or plain assertions that call the entry point by its name. Names that the tests use and do not define come
from the row's trusted `prompt` where it is code, in which the entry point stands for the program's; else they are taken to be
functions of the program, and the finding names them in `borrowed`: what a program says of itself is weak evidence.

Arguments travel by value: a change that the program makes to a list it was given is not seen by the tests.
"""

import marshal
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Limits, Program, Run

_SOURCE = Path(__file__).with_name("tests_process.py")
# Compiled once here, by the interpreter that the sandbox runs: to compile it in every tests process took 1.4 ms.
_HARNESS = marshal.dumps(compile(_SOURCE.read_text(encoding="utf-8"), _SOURCE.name, "exec", dont_inherit=True))

Outcome = Literal["passed", "failed", "raised", "broken"]
"""`raised`: a call raised what the tests did not expect; `broken`: the tests are at fault, which says nothing of the program."""
_OUTCOMES: dict[object, Outcome] = {"passed": "passed", "failed": "failed", "raised": "raised", "broken": "broken"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one run of the tests found."""

    outcome: Outcome
    reason: str
    """The failing line and what was called; empty where they passed."""
    calls: int = 0
    """Calls of the program."""
    borrowed: tuple[str, ...] = ()
    """Names that the tests took from the program because neither they nor the prompt define them."""


def examine(
    sandbox: Sandbox, program: Program, test: str, *, prompt: str = "", limits: Limits, seed: int = 0
) -> tuple[Run, Run, Finding | None]:
    """Run the tests against the program: its run, the tests' run, and the finding where both got that far.

    `seed` chooses the hash seed, the seed of `random` in the tests, and the order of `test_*` functions.
    """
    asked = (test, prompt, program.entry_point, seed)
    code = f"import marshal\nASKED = {asked!r}\nexec(marshal.loads({_HARNESS!r}))\n"
    tests = Program(code=code, entry_point="examine")
    run, tests_run = sandbox.converse(program, tests, limits, seed=seed)
    return run, tests_run, _finding(tests_run)


def _finding(run: Run) -> Finding | None:
    """Read what the tests process returned. It is trusted code, but a program's values went through it."""
    if run.status != "done" or len(run.returned) != 1 or not isinstance(run.returned[0].value, dict):
        return None
    fields = run.returned[0].value
    told, borrowed = fields.get("outcome"), fields.get("borrowed")
    outcome = _OUTCOMES.get(told) if isinstance(told, str) else None
    if outcome is None or not isinstance(borrowed, list):
        return None
    calls = fields.get("calls")
    return Finding(
        outcome=outcome,
        reason=str(fields.get("reason", "")),
        calls=calls if isinstance(calls, int) else 0,
        borrowed=tuple(str(name) for name in borrowed),
    )
