"""Train a policy of the project's own: `python -m jobs.train_policy --name math`. Needs the environment of `make train-env`."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from pipeline.training.loop import Recipe, train


def main(argv: list[str] | None = None) -> int:
    """Train to the end, or go on from the last checkpoint in `--work`."""
    parser = argparse.ArgumentParser(prog="python -m jobs.train_policy", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for tokenizer, checkpoints and the finished model")
    parser.add_argument("--steps", type=int, default=Recipe().steps, help="optimizer steps (default %(default)s)")
    parser.add_argument("--seed", type=int, default=Recipe().seed, help="seed of weights and data (default %(default)s)")
    arguments = parser.parse_args(argv)
    recipe = replace(Recipe(), steps=arguments.steps, seed=arguments.seed)
    print(train(recipe, arguments.work.resolve()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
