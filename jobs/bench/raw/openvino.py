"""OpenVINO GenAI's pipeline in this process, fed in chunks of its maximum or through a sliding window."""

import time
from typing import Literal

from pipeline.config import ModelConfig
from pipeline.models import openvino, policy
from pipeline.models.engine_process import Job

FEEDS = ("chunks", "window")
Feed = Literal["chunks", "window"]


def drain(model: ModelConfig, jobs: list[Job], warm_up: list[Job], feed: str) -> tuple[int, float]:
    """Draw all jobs; return (tokens, seconds), the start and the warm-up not counted."""
    config = model.engine_config
    found = policy.find(model.policy)
    found.prepare_openvino()
    engine = openvino.Engine(openvino.Settings(found.folder, config, found.end_tokens(model.family)))
    _drain(engine, warm_up, config.max_num_seqs, feed)
    began = time.monotonic()
    return _drain(engine, jobs, config.max_num_seqs, feed), time.monotonic() - began


def _drain(engine: openvino.Engine, jobs: list[Job], limit: int, feed: str) -> int:
    waiting, tokens = list(reversed(jobs)), 0
    while waiting or engine.handles:
        if feed == "window" or not engine.handles:
            while waiting and len(engine.handles) < limit:
                engine.add(waiting.pop())
        tokens += sum(len(finished.tokens) for finished in engine.step())
    return tokens
