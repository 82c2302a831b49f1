"""`python -m jobs.bench NAME`: pick a benchmark by name."""

import sys

from jobs.bench import answers, critique, engine, execution, gpu, lean, mutation, sandbox, steps
from jobs.bench.chaos import command as chaos
from jobs.bench.labels import command as labels
from jobs.bench.proofs import command as proofs
from jobs.bench.scale import command as scale

_BENCHMARKS = {
    "answers": answers.main,
    "chaos": chaos.main,
    "critique": critique.main,
    "engine": engine.main,
    "execution": execution.main,
    "gpu": gpu.main,
    "labels": labels.main,
    "lean": lean.main,
    "mutation": mutation.main,
    "proofs": proofs.main,
    "sandbox": sandbox.main,
    "scale": scale.main,
    "steps": steps.main,
}


def main(argv: list[str]) -> int:
    """Run the benchmark that the first argument names."""
    if not argv or argv[0] not in _BENCHMARKS:
        print(f"usage: python -m jobs.bench {{{','.join(_BENCHMARKS)}}} [--help]", file=sys.stderr)
        return 2
    return _BENCHMARKS[argv[0]](argv[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
