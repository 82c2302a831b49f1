"""Ask the shards a question: python -m jobs.query --shards DIR [NAME | --sql "..."].

Without a name and without SQL it lists the questions in pipeline/queries/. Nothing is written unless --catalog asks for it.
"""

import argparse
import csv
import difflib
import json
import os
import re
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.query import CATALOG, QUERIES, catalog
from schemas.errors import ConfigError, StepmillError

_MAX_ROWS = 100  # of a table on screen; csv and json print all
_MAX_CELL = 160  # characters of one cell on screen
_PLAIN_WIDTH = 100  # where the output is no terminal, rich would assume 80

Row = tuple[object, ...]


def main(argv: list[str] | None = None) -> int:
    """Answer one question; 0 on success, 2 with one message on standard error otherwise."""
    parser = argparse.ArgumentParser(prog="python -m jobs.query", description="Ask the shards a question in SQL.")
    parser.add_argument("name", nargs="?", help="a question in pipeline/queries/; without one they are listed")
    parser.add_argument("--sql", help="your own SELECT over traces, steps, rollouts, problems, runs")
    parser.add_argument("--shards", type=Path, default=Path("shards"), help="folder with the runs (default: shards)")
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table")
    parser.add_argument(
        "--catalog", action="store_true", help=f"also write the views to SHARDS/{CATALOG} for other tools"
    )
    args = parser.parse_args(argv)
    if args.name and args.sql:
        parser.error("give a name or --sql, not both")
    try:
        if not (args.name or args.sql or args.catalog):
            _list_questions()
            return 0
        sql = args.sql or (_canned(args.name) if args.name else None)
        with catalog(args.shards, persist=args.catalog) as connection:
            if args.catalog:
                print(f"wrote {args.shards / CATALOG}", file=sys.stderr)
            if sql is not None:
                _answer(connection, sql, args.format)
        sys.stdout.flush()
    except StepmillError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except duckdb.Error as error:
        print(f"error: {_first_lines(error)}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader had enough, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _first_lines(error: duckdb.Error) -> str:
    """Return the message with the marked place in the SQL, without a Python traceback inside it."""
    if "pytz" in str(error):
        return "a time with a zone cannot be shown; cast it, as in now()::TIMESTAMP"
    return str(error).split("\nTraceback", 1)[0].strip()


def _list_questions() -> None:
    console = _console()
    table = Table(box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("NAME", no_wrap=True, style="cyan")
    table.add_column("question")
    for path in sorted(QUERIES.glob("*.sql")):
        table.add_row(path.stem, _question(path.read_text(encoding="utf-8")))
    console.print(table)
    console.print(
        "Ask one:  make query NAME=label_quality           or  python -m jobs.query --shards DIR label_quality\n"
        'Your own: make query SQL="SELECT ... FROM steps"  or  python -m jobs.query --shards DIR --sql "..."\n'
        'Views:    traces, steps, rollouts, problems, runs; SQL="DESCRIBE steps" says what is in one',
        markup=False,
    )


def _question(sql: str) -> str:
    return sql.split("\n", 1)[0].removeprefix("--").strip()


def _canned(name: str) -> str:
    """Return the SQL of a canned question. Raises ConfigError that names the nearest one."""
    if re.search(r"\s", name):
        raise ConfigError(f'not the name of a question: "{name}"; give SQL with --sql (make query SQL="...")')
    known = sorted(path.stem for path in QUERIES.glob("*.sql"))
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
        raise ConfigError(f'no question named "{name}"; the nearest is {nearest}; without a name all are listed')
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, style: str) -> None:
    _refuse_writes(sql)
    connection.execute(sql)
    columns = [str(column[0]) for column in connection.description or ()]
    if columns == ["explain_key", "explain_value"]:
        print(*(plan for _, plan in connection.fetchall()), sep="\n")
        return
    if style == "table":
        rows = connection.fetchmany(_MAX_ROWS + 1)
        title = _question(sql) if sql.startswith("--") else None
        _print_table(title, columns, rows)
        return
    if style == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        while rows := connection.fetchmany(10_000):
            writer.writerows([_flat(value) for value in row] for row in rows)
        return
    separator = "["
    while rows := connection.fetchmany(10_000):
        for row in rows:
            print(separator, _json(dict(zip(columns, row, strict=True))), sep="\n")
            separator = ","
    print("[]" if separator == "[" else "]")


def _refuse_writes(sql: str) -> None:
    """Raise ConfigError unless `sql` is one statement that only reads: COPY and ATTACH would write files."""
    body = re.sub(r"^(\s|--[^\n]*\n)*explain(\s+analyze)?\s", "", sql, flags=re.IGNORECASE)
    statements = duckdb.extract_statements(body)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ConfigError("one SELECT (or WITH, FROM, DESCRIBE, SUMMARIZE, EXPLAIN) at a time; this command only reads")


def _flat(value: object) -> object:
    return _json(value) if isinstance(value, list | dict | tuple) else value


def _json(value: object) -> str:
    return json.dumps(
        value, ensure_ascii=False, default=lambda odd: float(odd) if isinstance(odd, Decimal) else str(odd)
    )


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, highlight=False)


def _print_table(title: str | None, columns: Sequence[str], rows: Sequence[Row]) -> None:
    console = _console()
    if title:
        console.print(Text(title, style="bold"))
    shown = rows[:_MAX_ROWS]
    cells = [[_cell(value) for value in row] for row in shown]
    table = _table(columns, shown, cells)
    # A table that would have to cut ids and numbers is printed as one block per row instead.
    if console.measure(table, options=console.options.update(max_width=100_000)).minimum > console.width:
        _print_blocks(console, columns, cells)
    else:
        console.print(table)
    if not rows:
        console.print("no rows")
    elif len(rows) > _MAX_ROWS:
        console.print(f"the first {_MAX_ROWS} rows; --format csv prints all")


def _table(columns: Sequence[str], rows: Sequence[Row], cells: Sequence[Sequence[Text]]) -> Table:
    table = Table(box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    for index, column in enumerate(columns):
        number = any(_is_number(row[index]) for row in rows)
        # Only prose may be wrapped: a broken id or number cannot be read.
        one_word = not any(" " in row[index].plain for row in cells)
        table.add_column(Text(column), justify="right" if number else "left", no_wrap=one_word)
    for row in cells:
        table.add_row(*row)
    return table


def _print_blocks(console: Console, columns: Sequence[str], cells: Sequence[Sequence[Text]]) -> None:
    for number, row in enumerate(cells):
        console.rule(f"row {number}", align="left", characters="-")
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(no_wrap=True, style="cyan")
        table.add_column(overflow="fold")
        for column, cell in zip(columns, row, strict=True):
            table.add_row(Text(column), cell)
        console.print(table)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cell(value: object) -> Text:
    """Return a value as it is shown: numbers grouped and rounded, text on one line and safe for a terminal."""
    if value is None:
        return Text("-", style="dim")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, int | Decimal):
        return Text(f"{value:,}")
    if isinstance(value, float):
        return Text(f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3f}")
    text = str(_flat(value))
    text = text if len(text) <= _MAX_CELL else text[: _MAX_CELL - 1] + "…"
    # Sampled text can hold anything, control sequences of a terminal too.
    return Text("".join(char if char.isprintable() else repr(char)[1:-1] for char in text))


if __name__ == "__main__":
    sys.exit(main())
