"""Does a review of a program name the bug that was planted there, and nothing else?

CriticGPT (arXiv 2407.00215, section 3.2) scores critics by whether they catch bugs that are known because they were inserted, and
by the bugs that they make up. Here both are exact: a planted bug has a span of characters, a review names spans
(`programs/reviews.py`), and every span that it names and that does not overlap the bug's is a false alarm.

Statuses: `found`, `clean` (no bug, and none named); `missed` (the bug is not among what is named), `false_alarm` (something is
named that is no bug: besides the bug, or where there is none), `unreadable` (it names nothing and does not say that there is no
bug, or both), `truncated`. A review answers no problem's question, so this is no domain's verifier and not in `catalog.py`.
"""

from typing import Literal

from schemas.verdict import Outcome, Verdict
from verifiers.programs import lines
from verifiers.programs.reviews import Review, read

NAME = "critique"
VERSION = 1

Status = Literal["found", "clean", "missed", "false_alarm", "unreadable", "truncated"]
STATUSES: dict[Status, Outcome] = {
    "found": "accepted",
    "clean": "accepted",
    "missed": "rejected",
    "false_alarm": "rejected",
    "unreadable": "rejected",
    "truncated": "rejected",
}


def check(code: str, planted: tuple[int, int] | None, text: str) -> Verdict:
    """Judge a review of `code`, in which the characters `planted` are the bug; None where there is none. Total."""
    review = read(code, text)
    answer = ", ".join(dict.fromkeys(f"line {one.line}" for one in review.named)) or (
        "no bug" if review.clean else None
    )
    status, reason = _judged(code, planted, review)
    return _verdict(status, reason, answer)


def truncated() -> Verdict:
    """Judge a review that was cut at its token limit: rejected."""
    return _verdict("truncated", "cut off before it ended", None)


def _judged(code: str, planted: tuple[int, int] | None, review: Review) -> tuple[Status, str]:
    if review.clean is not None and review.named:
        return "unreadable", "it names a place and says that there is no bug"
    if review.clean is None and not review.named:
        return "unreadable", "it names no place and does not say that there is no bug"
    others = [one for one in review.named if planted is None or not one.overlaps(*planted)]
    if planted is None:
        if not others:
            return "clean", "no bug, and none is named"
        return "false_alarm", f"there is no bug, and line {others[0].line} is named"
    line = lines.line_at(code, planted[0])
    if len(others) == len(review.named):
        said = f"line {others[0].line} is named" if others else "none is named"
        return "missed", f"the bug is on line {line}, and {said}"
    if others:
        return "false_alarm", f"the bug on line {line} is named, and so is line {others[0].line}"
    return "found", f"the bug is on line {line}"


def _verdict(status: Status, reason: str, answer: str | None) -> Verdict:
    return Verdict(
        outcome=STATUSES[status], status=status, reason=reason, verifier=NAME, version=VERSION, answer=answer
    )
