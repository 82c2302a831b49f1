"""Ask the shards a question: python -m jobs.query --shards DIR [NAME | --sql "..."].

Without a name and without SQL it lists the questions in pipeline/queries/. Nothing is written unless --catalog asks for it.
"""

import argparse
import os
import sys

import duckdb

from pipeline import questions, show
from pipeline.query import CATALOG, catalog
from schemas.errors import StepmillError


def main(argv: list[str] | None = None) -> int:
    """Answer one question; 0 on success, 2 with one message on standard error otherwise."""
    parser = argparse.ArgumentParser(prog="python -m jobs.query", description="Ask the shards a question in SQL.")
    parser.add_argument("name", nargs="?", help="a question in pipeline/queries/; without one they are listed")
    parser.add_argument("--sql", help="your own SELECT over traces, steps, rollouts, problems, runs")
    parser.add_argument(
        "--shards", default="shards", help="folder with the runs, or s3://.., gs://.. (default: shards)"
    )
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table")
    parser.add_argument(
        "--catalog", action="store_true", help=f"also write the views to SHARDS/{CATALOG} for other tools"
    )
    args = parser.parse_args(argv)
    if args.name and args.sql:
        parser.error("give a name or --sql, not both")
    try:
        if not (args.name or args.sql or args.catalog):
            show.questions()
            return 0
        sql = args.sql or (questions.sql_of(args.name) if args.name else None)
        with catalog(args.shards, persist=args.catalog) as connection:
            if args.catalog:
                print(f"wrote {args.shards}/{CATALOG}", file=sys.stderr)
            if sql is not None:
                questions.refuse_writes(sql)
                show.answer(connection, sql, args.format)
        sys.stdout.flush()
    except StepmillError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except duckdb.Error as error:
        print(f"error: {show.message(error)}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader had enough, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
