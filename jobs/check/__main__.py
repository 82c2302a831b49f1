"""Judge a file of answers, of solutions step by step, of programs, or of formal proofs.

    python -m jobs.check answers FILE.jsonl
    python -m jobs.check steps FILE.jsonl
    python -m jobs.check python FILE.jsonl
    python -m jobs.check proofs FILE.jsonl

Verdicts go to standard output, a JSON object of counts last; rows that cannot be read go to standard error, by file and line.
"""

import argparse
import os
import sys
from typing import Protocol, TextIO

from jobs.check import answers, proofs, python, steps
from jobs.check.rows import opened
from schemas.errors import ConfigError


class Kind(Protocol):
    """What a module of this folder offers."""

    @property
    def SUMMARY(self) -> str:
        """One line for the list of kinds."""
        ...

    @property
    def ABOUT(self) -> str:
        """What goes in and comes out, with an example."""
        ...

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options of this kind."""
        ...

    def judge(self, lines: TextIO, name: str, args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
        """Print the verdicts, then the counts; 0, or 1 where a row could not be read."""
        ...


KINDS: dict[str, Kind] = {"answers": answers, "steps": steps, "python": python, "proofs": proofs}


def main(argv: list[str] | None = None) -> int:
    """Judge every row; 0 on success, 1 where a row could not be read, 2 where the file could not."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.check", description="Judge the rows of a file.", epilog=_CODES
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar=f"{{{','.join(KINDS)}}}")
    parsers = {}
    for name, kind in KINDS.items():
        parsers[name] = one = kinds.add_parser(
            name, help=kind.SUMMARY, description=kind.ABOUT, epilog=_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        one.add_argument("file", metavar="FILE", help="JSONL, one row a line; - for standard input")
        kind.add_options(one)
    args = parser.parse_args(argv)
    try:
        with opened(args.file) as lines:
            name = "<stdin>" if args.file == "-" else args.file
            return KINDS[args.kind].judge(lines, name, args, parsers[args.kind])
    except BrokenPipeError:  # the reader had enough, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        print(f"error: cannot read {args.file}: {error.strerror}; give a JSONL file, or - for stdin", file=sys.stderr)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
    return 2


_CODES = "exit code: 0; 1 where a row could not be read; 2 where FILE could not, or the check cannot run here"

if __name__ == "__main__":
    sys.exit(main())
