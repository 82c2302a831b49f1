"""Programs that a sandbox must survive, with the verdicts that are right. `hostile.txt` has their text.

Each is called with 3 and 4 and expected to give 6 and 8, which none of them computes honestly: a `pass` is always wrong. Where
more than one verdict is right (a fork bomb may meet its limit or the clock first), all are listed. A program that does its worst
as it loads gets an `f` that returns -1.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from verifiers.programs import compare
from verifiers.programs.judgement import Cases, check_cases
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Limits, Program

_TEXT = Path(__file__).with_name("hostile.txt")
_CASES = Cases(calls=(Call(args=(3,)), Call(args=(4,))), expected=(6, 8), rules=compare.PYTHON)
_FAST = Limits(cpu_s=1.0, wall_s=1.5)
"""For programs that end only at a limit on time."""
_ROUTINE = Limits(cpu_s=3.0)
_WRONG = "\n\ndef f(x):\n    return -1\n"
_FAKES = "faking a pass"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One program."""

    name: str
    code: str
    verdicts: tuple[str, ...]
    """Those that are right."""
    limits: Limits
    fake: bool
    """It does no harm but wants to be taken for right."""

    @property
    def slow(self) -> bool:
        """It ends only at a limit on time."""
        return self.limits is _FAST


@cache
def programs() -> tuple[Hostile, ...]:
    """Return all of them."""
    found = list(_GENERATED)
    group = ""
    for part in ("\n" + _TEXT.read_text(encoding="utf-8")).split("\n=="):
        head, _, rest = part.partition("\n")
        body, _, title = rest.partition("\n#### ")
        if "|" in head:
            name, verdicts, *fast = (one.strip() for one in head.split("|"))
            found.append(_hostile(name, body.strip() + "\n", verdicts.split(), bool(fast), group == _FAKES))
        group = title.strip() or group
    return tuple(found)


def _hostile(name: str, code: str, verdicts: list[str], fast: bool, fake: bool) -> Hostile:
    defines = any(mark in code for mark in ("def f(", "f = ", "g = "))
    return Hostile(name, code if defines else code + _WRONG, tuple(verdicts), _FAST if fast else _ROUTINE, fake)


_GENERATED = (
    Hostile("source too long", "x = " + "(" * 2_500_000 + ")" * 2_500_000, ("limit",), _ROUTINE, False),
    Hostile("nested parentheses", "x = " + "(" * 400_000 + ")" * 400_000 + _WRONG, ("error", "limit"), _ROUTINE, False),
    Hostile("many minuses", f"def f(x):\n    return {'-' * 500_000}x\n", ("error", "limit"), _ROUTINE, False),
    Hostile(
        "long expression", f"x = {'1+' * 400_000}1{_WRONG}", ("error", "limit", "fail", "timeout"), _ROUTINE, False
    ),
)


def verdict(sandbox: Sandbox, one: Hostile) -> tuple[str, str]:
    """Return the status that the Python verifier gives it, and why."""
    found = check_cases(sandbox, Program(code=one.code, entry_point="f"), _CASES, one.limits)
    return found.status, found.reason
