"""Rows of generators that compare arms, and what canned questions make of them: shares with Wilson's intervals, and uplifts."""

import math
from dataclasses import replace
from typing import Any

from schemas.trace import Trace
from tests.rows import RUN_ID, a_last_step, a_step, a_trace

# Any in this module: values of JSON rows.


def planned() -> list[Trace]:
    """Return reasonings with (programs, passed, undecided) of the last step, and controls; `p3` has only one that was refused."""

    def one(
        name: str, problem: str, last: tuple[int, int, int], alone: tuple[int, int], status: str = "sufficient"
    ) -> Trace:
        probed = a_step(n_rollouts=last[0], n_correct=last[1], n_undecided=last[2])
        refused = a_last_step()
        return a_trace(
            name, problem, role="plan", family=name[0] * 2, status=status, steps=(a_step(), probed if last[0] else refused),
            outcome="accepted" if status == "sufficient" else "rejected", root_n=alone[0], root_correct=alone[1],
        )  # fmt: skip

    return [
        one("a1", "p1", (8, 8, 0), (8, 0)),
        one("a2", "p1", (8, 4, 0), (8, 0)),
        one("a3", "p1", (8, 0, 0), (8, 0), "decoy"),
        one("a4", "p2", (8, 6, 2), (8, 2)),
        one("a5", "p2", (0, 0, 0), (8, 2), "leaks"),
        one("a6", "p2", (8, 3, 0), (8, 2), "decoy"),
        one("a7", "p3", (0, 0, 0), (8, 0), "leaks"),
        one("a8", "p3", (8, 8, 0), (8, 0), "decoy"),
        one("b1", "p4", (4, 4, 0), (4, 1)),
        one("b2", "p4", (0, 0, 0), (4, 1), "decoy"),
    ]


def told() -> list[Trace]:
    """Return translations with (proofs, verified, undecided) of the last step, and controls; `p3` has only a model's."""

    def one(
        name: str,
        problem: str,
        last: tuple[int, int, int],
        alone: tuple[int, int],
        engine: str = "verbaliser",
        **more: Any,
    ) -> Trace:
        probed = a_step(n_rollouts=last[0], n_correct=last[1], n_undecided=last[2])
        made = a_trace(
            name, problem, role="translation", family=name[0] * 2, steps=(a_step(), probed), root_n=alone[0],
            root_correct=alone[1], **{"generator": "proof_to_language", "status": "faithful"} | more,
        )  # fmt: skip
        return replace(made, policy=replace(made.policy, engine=engine))

    return [
        one("a1", "p1", (4, 4, 0), (8, 0)),
        one("a2", "p1", (4, 2, 0), (8, 0), "openvino"),
        one("a3", "p1", (4, 1, 1), (8, 0), "http", status="misstated", outcome="rejected"),
        one("a4", "p1", (8, 0, 0), (8, 0), status="decoy", outcome="rejected"),
        one("a5", "p2", (4, 2, 1), (4, 1)),
        one("a6", "p2", (0, 0, 0), (4, 1), "openvino", status="empty", outcome="rejected"),
        one("a7", "p2", (8, 1, 0), (4, 1), status="decoy", outcome="rejected"),
        one("a8", "p3", (4, 4, 0), (8, 0), "openvino"),
        one("a9", "p2", (4, 0, 0), (4, 1), generator="statements"),
        one("b1", "p4", (4, 3, 0), (8, 2)),
        *(one(f"c{place}", f"p{place}", (4, 4, 0), (8, 0)) for place in range(5, 10)),
        *(
            one(f"c{place}d", f"p{place}", (8, 0, 0), (8, 0), status="decoy", outcome="rejected")
            for place in range(5, 10)
        ),
    ]


def arm(family: str, name: str, problems: int, programs: int, share: float) -> list[Any]:
    """Return a row of `sufficiency` with Wilson's interval: where the share is 1.96 standard errors from the truth."""
    errors = [
        truth for truth in (i / 1e6 for i in range(1_000_001))
        if abs(share - truth) <= 1.959964 * math.sqrt(truth * (1 - truth) / problems) + 1e-12
    ]  # fmt: skip
    return [RUN_ID, family, name, problems, programs, share, errors[0], errors[-1], None]


def arms(family: str, reasoning: list[Any], alone: list[Any], shuffled: list[Any] | None) -> list[list[Any]]:
    """Return the rows of a family: the arms and the uplift between the first two."""
    given, base = arm(family, "reasoning", *reasoning), arm(family, "alone", *alone)
    up = given[5] - base[5]
    low = up - math.hypot(given[5] - given[6], base[7] - base[5])
    high = up + math.hypot(given[7] - given[5], base[5] - base[6])
    rows = [given, base, [RUN_ID, family, "uplift", *given[3:5], up, low, high, None]]
    return rows if shuffled is None else [*rows, [*arm(family, "shuffled", *shuffled)[:-1], True]]


def told_arms(
    family: str, prose: list[Any], models: list[Any] | None, alone: list[Any], shuffled: list[Any] | None
) -> list[list[Any]]:
    """Return the rows of a family of `faithfulness`: each arm of prose with its uplift, the statement alone, the control."""
    rows = []
    for name, given in (("prose", prose), ("model", models)):
        if given is not None:
            row, _, uplift = arms(family, given, alone, None)
            rows += [[*row[:2], name, *row[3:]], [*uplift[:2], f"{name} uplift", *uplift[3:]]]
    rows.append(arm(family, "alone", *alone))
    return rows if shuffled is None else [*rows, [*arm(family, "shuffled", *shuffled)[:-1], True]]
