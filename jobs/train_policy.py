"""Train a policy of the project's own, export it and measure it: `python -m jobs.train_policy --work DIR`.

Needs the environment of `make train-env`. About an hour on two cores; interrupted, the same command goes on from the last
checkpoint. The policy folder it writes is what `policy` under `[models.NAME]` names. `--card` only measures the policy that is
there, which any environment can.

With MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 before it glibc keeps its memory, 8 GB of it: 8,600
tokens of the code corpus a second in place of 6,400.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from pipeline.models.policy import POLICIES
from pipeline.training.corpora import CORPORA
from pipeline.training.evaluate import write_card


def main(argv: list[str] | None = None) -> int:
    """Train to the end, or go on from the last checkpoint in `--work`; then export, measure and write the card."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.train_policy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    to_do = parser.add_mutually_exclusive_group(required=True)
    to_do.add_argument("--work", type=Path, help="folder for tokenizer, checkpoints and progress")
    to_do.add_argument("--card", action="store_true", help="train nothing: measure the policy again and write its card")
    parser.add_argument(
        "--name", default="math", choices=CORPORA, help="which policy, and its folder under pipeline/models/policies"
    )
    parser.add_argument("--steps", type=int, help="optimizer steps (default: the recipe's own)")
    parser.add_argument("--seed", type=int, help="of weights and data (default: the recipe's own)")
    arguments = parser.parse_args(argv)
    target = POLICIES / arguments.name
    if not arguments.card:
        _make(arguments, target)
    write_card(target)
    print(f"wrote {target}; its figures are in CARD.md")
    return 0


def _make(arguments: argparse.Namespace, target: Path) -> None:
    # torch is there in the environment of `make train-env` only.
    from pipeline.training.export import export
    from pipeline.training.loop import RECIPES, train

    asked = {key: value for key in ("steps", "seed") if (value := getattr(arguments, key)) is not None}
    trained = train(replace(RECIPES[arguments.name], **asked), arguments.work.resolve())
    export(trained, target, f"stepmill-{arguments.name}")


if __name__ == "__main__":
    sys.exit(main())
