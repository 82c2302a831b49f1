"""Verify and step-label solutions that you bring: `python -m jobs.label --traces FILE.jsonl --out DIR`.

FILE holds problems with one or more solutions each, from any model; `pipeline/columns.py` lists the column names it knows.
Steps are labelled where the embedded policy is able to solve the problem at all; everything is verified.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from generators import given
from jobs.shards import ENDS, add_run_arguments, carry_out, configured, resolved_source
from pipeline import sources
from pipeline.config import RunConfig
from pipeline.sources import Loaded
from schemas.errors import ConfigError


def main(argv: list[str] | None = None) -> int:
    """Run; exit codes as in `jobs.shards`."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.label",
        description=__doc__,
        epilog=ENDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--traces", required=True, help="a .jsonl or .parquet file of problems with solutions")
    add_run_arguments(parser, config=Path(__file__).parent / "configs" / "label.toml")
    return carry_out(parser.parse_args(argv), _asked)


def _asked(arguments: argparse.Namespace) -> tuple[RunConfig, Loaded]:
    config = configured(arguments)
    path = resolved_source(arguments.traces)
    source = config.source
    loaded = sources.load_given(
        Path(path),
        licence=source.licence,
        split=source.split,
        count=arguments.problems,
        verifiers=config.verifiers,
    )
    if given.NAME not in [row.name for row in config.generators]:
        raise ConfigError(f"{arguments.config}: jobs.label needs [[generators]] with name = {given.NAME!r}")
    return replace(config, source=replace(config.source, path=path)), loaded


if __name__ == "__main__":
    sys.exit(main())
