"""What the engine reads again of prefixes, counted by the engine itself.

OpenVINO GenAI does not say how much of a prompt it found in its cache. A pipeline that takes one token at each step shows it: the
steps up to the first new token are the prompt tokens that it computed. So solutions are drawn one after the other, then every
prefix of each once, with one rollout to its end, and the steps are counted.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count, islice

from generators import steps
from jobs.bench.labels import record
from jobs.bench.labels.cells import Cell
from jobs.bench.labels.replay import Spent
from pipeline.models import openvino, policy
from pipeline.models.engine_process import Finished, Job
from pipeline.models.model_families import AUTO
from schemas import ids
from schemas.model import Tokens
from schemas.pool import Sampler


class Counting:
    """An engine with prefix caching that draws one sample at a time and counts what it reads."""

    def __init__(self, name: str) -> None:
        found = policy.find(name)
        found.prepare_openvino()
        config = openvino.Config(max_num_seqs=1, max_batched_tokens=1, threads=1)
        self._engine = openvino.Engine(openvino.Settings(found.folder, config, found.end_tokens(AUTO)))
        self._numbers = count()

    def draw(self, sampler: Sampler, prompt: Tokens, room: int, seed: int) -> tuple[Finished, int]:
        """Return a sample and how many tokens of its prompt were computed."""
        params = replace(sampler.params, max_tokens=room)
        self._engine.add(Job(next(self._numbers), prompt, params, seed))
        before = self._engine.steps
        while not (ended := self._engine.step()):
            pass
        return ended[0], self._engine.steps - before - len(ended[0].tokens) + 1


def measured(cell: Cell, sampler: Sampler, problems: int) -> dict[str, float]:
    """Return tokens computed over new tokens of the prefixes of some solutions; see `jobs/bench/labels/table.py`.

    Blocks for as long as it takes, and starts no process of the sampler's model.
    """
    here, new, blocks = _measured(cell, sampler, problems, written_here=True)
    elsewhere, _, _ = _measured(cell, sampler, problems, written_here=False)
    return {
        "new_tokens": new,
        "written_here": round(here / max(1, new), 3),
        "written_elsewhere": round(elsewhere / max(1, new), 3),
        "by_blocks": round(blocks / max(1, new), 3),
    }


def _measured(cell: Cell, sampler: Sampler, problems: int, *, written_here: bool) -> tuple[int, int, int]:
    """Return tokens of prefixes: those computed, those that no prompt before had, and what whole blocks would leave to compute.

    `written_here`: whether the engine itself wrote the solutions before; else another one did, and it sees the question first
    alone.
    """
    here = Counting(cell.policy)
    elsewhere = here if written_here else Counting(cell.policy)
    computed = new = 0
    blocks = Spent()
    for problem in islice(record.held_out(cell), problems):
        prompt = sampler.ask(problem.statement, problem.task)
        seed = ids.seed(record.SEED, problem.problem_id, "prefill")
        whole, _ = elsewhere.draw(sampler, prompt, cell.max_tokens, seed)
        if not written_here:
            here.draw(sampler, prompt, 1, seed)
        begun, blocks.longest = 0, len(prompt)
        for end in _ends(sampler, whole)[:-1]:
            _, read = here.draw(sampler, prompt + whole.tokens[:end], cell.max_tokens - end, ids.seed(seed, end))
            computed, new, begun = computed + read, new + end - begun, end
            blocks.read(len(prompt) + end, 1)
    return computed, new, blocks.prompt - blocks.cached


def _ends(sampler: Sampler, whole: Finished) -> Sequence[int]:
    """Return the tokens up to the end of each step."""
    tokenizer, family = sampler.model.tokenizer, sampler.model.info.family
    text = tokenizer.decode(whole.tokens)
    return steps.token_ends(steps.split(text, family.steps, family.thinking), whole.tokens, tokenizer)
