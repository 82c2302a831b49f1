"""vLLM as an engine: its start, its faults, its silence, and that it draws what the embedded engine draws.

What needs vLLM is skipped where it is not installed; `make test-vllm` has an environment for it.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from itertools import islice
from math import sqrt
from pathlib import Path
from typing import TypeVar

import pytest

from pipeline.code import ROOT
from pipeline.families.catalog import DEFAULT_FAMILIES, problems
from pipeline.models import catalog, openvino, policy, vllm
from pipeline.models.supervised_model import SupervisedModel
from pipeline.models.vllm_process import reason
from schemas import ids
from schemas.errors import EngineError
from schemas.model import Completion, SamplingParams
from tests.doubles import collect
from tests.processes import all_gone, session

PROMPT = "Evaluate (3 + 4) * 5 - 6 * 2\n"
SMALL = vllm.Config(max_num_seqs=16, cache_gb=1)

needs_vllm = pytest.mark.skipif(
    vllm.missing() is not None or not (policy.POLICIES / "math").is_dir(), reason="vLLM or the policy is not here"
)

Value = TypeVar("Value")


def driving(
    work: Callable[[SupervisedModel], Coroutine[None, None, Value]], *, engine: str = "vllm", name: str = "math"
) -> Value:
    """Run `work` on a model of its own and close it."""

    async def whole() -> Value:
        config = SMALL if engine == "vllm" else openvino.Config()
        model = catalog.ENGINES[engine].load(name, "auto", config)
        assert isinstance(model, SupervisedModel)
        try:
            return await work(model)
        finally:
            model.close()

    return asyncio.run(whole())


# What is said without vLLM


def test_a_replica_takes_its_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm, "is_cpu_build", lambda: False)
    assert vllm.gpus(vllm.Config()) == 1
    assert vllm.gpus(vllm.Config(gpu_fraction=0.5)) == 0.5
    assert vllm.gpus(vllm.Config(tensor_parallel=4, gpu_fraction=0.5)) == 4
    monkeypatch.setattr(vllm, "is_cpu_build", lambda: True)
    assert vllm.gpus(vllm.Config(tensor_parallel=4)) == 0


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_a_gpu_that_is_hidden_from_the_process_is_none(hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert not vllm.has_gpu()


@pytest.mark.parametrize(
    ("gpu", "lack", "cpu_build", "engine", "word"),
    [
        (True, None, False, "vllm", "GPU"),
        (True, "vLLM is not installed", False, "openvino", "not installed"),
        (True, None, True, "openvino", "CPU"),
        (False, None, False, "openvino", "no GPU"),
        (False, "vLLM is not installed", False, "openvino", "no GPU"),
    ],
)
def test_auto_is_vllm_where_it_and_a_gpu_are(
    gpu: bool, lack: str | None, cpu_build: bool, engine: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm, "has_gpu", lambda: gpu)
    monkeypatch.setattr(vllm, "missing", lambda: lack)
    monkeypatch.setattr(vllm, "is_cpu_build", lambda: cpu_build)
    chosen, why = catalog.choose("auto")
    assert chosen == engine and word in why
    assert catalog.choose("http") == ("http", "")


@pytest.mark.parametrize(
    ("installed", "said"),
    [("0.23.1", "older than 0.24"), ("0.9.2", "older than 0.24"), ("0.24.0", None), ("0.33.0+cpu", None), ("", None)],
)
def test_too_old_a_vllm_is_named_with_the_remedy(
    installed: str, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr(vllm, "_installed", lambda: ("vllm", installed))
    found = vllm.missing()
    assert (found is None) == (said is None)
    assert said is None or (found is not None and said in found and "pip install" in found)


def test_a_vllm_that_is_not_there_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install '.[gpu]'" in str(vllm.missing())


def test_a_shorter_context_is_the_models_context_and_a_longer_one_is_not() -> None:
    length = vllm.describe("math", "auto", vllm.Config()).context_length
    assert vllm.describe("math", "auto", vllm.Config(context_length=100)).context_length == 100
    assert vllm.describe("math", "auto", vllm.Config(context_length=10**6)).context_length == length


def test_the_reason_of_a_failed_start_is_the_error_that_says_something() -> None:
    log = [
        "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
        "(EngineCore pid=7) ERROR 11-21 [core.py:1136] EngineCore failed to start.",
        '(EngineCore pid=7)   File "x.py", line 9, in determine_available_memory',
        "(EngineCore pid=7) ERROR 11-21 [core.py:1136] ValueError: No available memory for the cache blocks.",
        "(EngineCore pid=7) Exception: WorkerProc initialization failed due to an exception. See stack trace for root cause.",
    ]
    assert reason(log) == "ValueError: No available memory for the cache blocks."
    assert reason(log[:1]) is None and reason([]) is None


# What needs it


@needs_vllm
def test_it_counts_what_the_engine_does_takes_the_widest_seed_and_survives_a_refusal() -> None:
    """One start for three things: a start takes 20 to 40 s."""

    async def work(model: SupervisedModel) -> list[int]:
        params = SamplingParams(max_tokens=20, temperature=2.0)
        seeds = [next(seed for seed in range(10**6) if ids.seed(seed, 0) > 2**63 - 2**43), 1]
        found = [one for seed in seeds for one in await collect(model.sample(PROMPT, 8, params, seed))]
        assert 0 < model.steps <= model.sequence_steps <= SMALL.max_num_seqs * model.steps
        assert abs(model.sequence_steps - sum(one.generated_tokens for one in found)) <= 16
        assert 0 < sum(one.engine_s for one in found) <= model.span_s + 0.01
        with pytest.raises(ValueError, match="temperature"):
            await collect(model.sample(PROMPT, 1, SamplingParams(temperature=9.0, max_tokens=5), 1))
        assert len(await collect(model.sample(PROMPT, 2, SamplingParams(max_tokens=5), 1))) == 2
        assert model.restarted == 0
        return [len({one.tokens for one in found})]

    assert driving(work) == [16]


@needs_vllm
def test_weights_that_cannot_be_loaded_are_an_error_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    for file in (policy.POLICIES / "math").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])

    async def work(model: SupervisedModel) -> None:
        requests = [collect(model.sample(PROMPT, 1, SamplingParams(max_tokens=5), seed)) for seed in range(2)]
        errors = await asyncio.gather(*requests, return_exceptions=True)
        assert [type(error) for error in errors] == [EngineError] * 2
        assert "afetensor" in str(errors[0])

    driving(work, name=str(folder))


ALONE = f"""
import asyncio, sys
from pipeline.models import vllm
from schemas.model import SamplingParams
async def main():
    model = vllm.load("math", "auto", vllm.Config(max_num_seqs=16, cache_gb=1))
    await anext(model.sample({PROMPT!r}, 2, SamplingParams(max_tokens=5), 1))
    print(model.pid, flush=True)
    sys.stdin.readline()
    model.close()
asyncio.run(main())
"""


def alone() -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", ALONE], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@needs_vllm
def test_it_says_nothing_and_leaves_nothing_behind() -> None:
    with alone() as parent:
        assert parent.stdout is not None
        leader = int(parent.stdout.readline())
        maps = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in session(leader).values())
        shared = set(re.findall(r"/dev/shm/\S+", maps))
        assert "EngineCor" in session(leader) and shared
        said, errors = parent.communicate("go on\n")
        assert (said, errors, parent.returncode) == ("", "", 0)
    assert all_gone(leader)
    assert [path for path in shared if Path(path).exists()] == []


@needs_vllm
def test_all_its_processes_die_with_a_killed_parent() -> None:
    with alone() as parent:
        assert parent.stdout is not None
        leader = int(parent.stdout.readline())
        os.kill(session(leader)["EngineCor"], signal.SIGSTOP)  # one that hangs would never notice by itself
        parent.kill()
    assert all_gone(leader)


@needs_vllm
def test_it_draws_what_the_embedded_engine_draws() -> None:
    """Greedy texts of 200 prompts are the same, and as many samples are right; 16 a prompt, two standard errors."""
    asked = list(islice(problems(DEFAULT_FAMILIES, (2, 3, 4, 5), "test", 7), 200))

    async def work(model: SupervisedModel) -> tuple[list[Completion], list[float]]:
        async def drawn(params: SamplingParams, n: int) -> list[list[Completion]]:
            prompts = [model.tokenizer.prompt(model.info.family.template, problem.statement) for problem in asked]
            seeded = enumerate(prompts)
            return await asyncio.gather(*(collect(model.sample(prompt, n, params, seed)) for seed, prompt in seeded))

        greedy = await drawn(SamplingParams(max_tokens=300, temperature=0), 1)
        sampled = await drawn(SamplingParams(max_tokens=300), 16)
        rates = [
            sum(one.text.endswith(f"Answer: {problem.reference}") for one in found) / 16
            for problem, found in zip(asked, sampled, strict=True)
        ]
        return [one for (one,) in greedy], rates

    (greedy, rates), (other_greedy, other_rates) = driving(work), driving(work, engine="openvino")
    assert [one.tokens for one in greedy] == [one.tokens for one in other_greedy]
    pairs = list(zip(greedy, other_greedy, strict=True))
    both = [logprobs for one, other in pairs for logprobs in zip(one.logprobs or (), other.logprobs or (), strict=True)]
    assert (
        len(both) > 200 and max(abs(one - other) for one, other in both) < 0.1
    )  # 0.044; the embedded cache has 8 bits
    differences = [one - other for one, other in zip(rates, other_rates, strict=True)]
    mean = sum(differences) / 200
    error = sqrt(sum((each - mean) ** 2 for each in differences) / 199 / 200)
    assert 0.2 < sum(rates) / 200 < 0.9
    assert abs(mean) < 2 * error
