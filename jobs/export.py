"""Write what a trainer reads: python -m jobs.export --format trl-sft|prm-chat --shards DIR --out DIR."""

import argparse
import difflib
import sys
from pathlib import Path

from pipeline.export import export
from pipeline.storage.folder import folder
from schemas.errors import ConfigError, StepmillError

EXPORTS = Path(__file__).parent / "exports"


def main(argv: list[str] | None = None) -> int:
    """Write `<out>/<format>/part-*.parquet`; 0 on success, 2 with one message on standard error otherwise."""
    known = ", ".join(_formats())
    parser = argparse.ArgumentParser(prog="python -m jobs.export", description="Write shards in a trainer's format.")
    parser.add_argument("--format", required=True, metavar="NAME", help=f"a file in jobs/exports/: {known}")
    parser.add_argument(
        "--shards", default="shards", help="folder with the runs, or s3://.., gs://.. (default: shards)"
    )
    parser.add_argument("--out", default="exports", help="folder to write to, or s3://.., gs://.. (default: exports)")
    parser.add_argument("--force", action="store_true", help="replace an export that is already there")
    args = parser.parse_args(argv)
    try:
        select = _select(args.format)
        done = export(folder(args.shards), select, folder(args.out) / args.format, force=args.force)
    except StepmillError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    files = f"{done.folder}/part-*.parquet"
    print(f"{done.rows:,} rows in {len(done.files)} file{'' if len(done.files) == 1 else 's'}: {files}")
    remote = done.folder.local is None
    print("Load them with:" + " (pip install s3fs, or gcsfs)" * remote)
    print(f"    datasets.load_dataset('parquet', data_files={files!r}, split='train')")
    return 0


def _formats() -> list[str]:
    return sorted(path.stem for path in EXPORTS.glob("*.sql"))


def _select(name: str) -> str:
    """Return the SQL of a format. Raises ConfigError that names the nearest one."""
    known = _formats()
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
        raise ConfigError(f'no format named "{name}"; the nearest is {nearest}; known: {", ".join(known)}')
    return (EXPORTS / f"{name}.sql").read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
