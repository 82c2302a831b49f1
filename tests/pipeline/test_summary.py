"""The summary: what an accepted trace cost, on the screen and in the JSON line."""

import io
from typing import Any

import pytest
from rich.console import Console

from pipeline.summary import _per_accepted, show

# Any in this module: values of a summary.

SPENT: dict[str, Any] = {
    "generated_tokens": 1200,
    "prompt_tokens": 300,
    "cached_tokens": 150,
    "engine_s": 6.0,
    "gpu_s": 0.0,
    "dollars": 0.0,
}
CALL = ("problems", "generated_tokens", "seconds", "tokens_per_s", "mean_batch", "replayed_rollouts")


def screen(accepted: int, duplicates: int = 0, **spent: Any) -> str:
    """Return what is shown of a run of eight traces."""
    tokens = SPENT | spent
    summary: dict[str, Any] = {
        "run_id": "r",
        "models": {},
        "problems": {"done": 2},
        "traces": {"traces": 8, "accepted": accepted, "rejected": 0, "undecided": 0, "duplicates": duplicates},
        "generators": {"mcstep": 8},
        "steps": dict.fromkeys(("probed", "positive", "negative", "rollouts", "undecided"), 0),
        "label_quality": [],
        "sufficiency": [],
        "faithfulness": [],
        "tokens": tokens,
        "per_accepted": _per_accepted(accepted, tokens),
        "this_call": dict.fromkeys((*CALL, "engine_restarts", "retried_requests"), 0),
        "files": 1,
        "bytes": 1,
        "folder": "f",
        "complete": True,
    }
    printed = io.StringIO()
    show(summary, Console(file=printed, width=200), "make query")
    return printed.getvalue()


@pytest.mark.parametrize(
    ("spent", "line"),
    [
        ({}, "1.500 engine-seconds, 300 tokens generated"),
        ({"gpu_s": 48.0}, "12.000 GPU-seconds, 300 tokens generated"),
        ({"gpu_s": 1.0, "dollars": 0.002}, "0.250 GPU-seconds, 300 tokens generated, $0.000500"),
    ],
)
def test_what_an_accepted_trace_cost_in_seconds_of_gpus_where_there_are_any(spent: dict[str, Any], line: str) -> None:
    lines = screen(4, **spent).splitlines()
    assert [text.strip() for text in lines if "per accepted" in text] == [f"per accepted  {line}"]


def test_nothing_accepted_has_no_price() -> None:
    assert "per accepted" not in screen(0)
    assert set(_per_accepted(0, SPENT).values()) == {None}


def test_duplicates_are_told_beside_the_traces() -> None:
    assert "4 accepted, 0 rejected, 0 undecided; 3 repeat another" in screen(4, 3)
    assert "repeat" not in screen(4)
