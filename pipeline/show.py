"""Print what a query answers, as a table for people, or as csv or JSON; and the list of canned questions."""

import csv
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.questions import canned, in_words

Style = Literal["table", "csv", "json"]
Row = tuple[object, ...]

_MAX_ROWS = 100  # of a table on screen; csv and json print all
_MAX_CELL = 160  # characters of one cell on screen
_FETCH_ROWS = 10_000
_PLAIN_WIDTH = 100  # where the output is no terminal, rich would assume 80
_ADVICE = """\
Ask one:  make query NAME=label_quality           or  python -m jobs.query --shards DIR label_quality
Your own: make query SQL="SELECT ... FROM steps"  or  python -m jobs.query --shards DIR --sql "..."
Views:    traces, steps, rollouts, problems, runs; SQL="DESCRIBE steps" says what is in one"""


def questions() -> None:
    """List the canned questions and how to ask one."""
    console = _console()
    table = Table(box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("NAME", no_wrap=True, style="cyan")
    table.add_column("question")
    for name, sql in canned().items():
        table.add_row(name, in_words(sql))
    console.print(table)
    console.print(_ADVICE, markup=False)


def answer(connection: duckdb.DuckDBPyConnection, sql: str, style: Style) -> None:
    """Run one statement and print what it returns. Raises duckdb.Error."""
    connection.execute(sql)
    columns = [str(column[0]) for column in connection.description or ()]
    if columns == ["explain_key", "explain_value"]:
        print(*(plan for _, plan in connection.fetchall()), sep="\n")
    elif style == "table":
        _print_table(in_words(sql), columns, connection.fetchmany(_MAX_ROWS + 1))
    elif style == "csv":
        _print_csv(connection, columns)
    else:
        _print_json(connection, columns)


def message(error: duckdb.Error) -> str:
    """Return what DuckDB says with the marked place in the SQL, without a Python traceback inside it."""
    if "pytz" in str(error):
        return "a time with a zone cannot be shown; cast it, as in now()::TIMESTAMP"
    return str(error).split("\nTraceback", 1)[0].strip()


def _print_csv(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    while rows := connection.fetchmany(_FETCH_ROWS):
        writer.writerows([_flat(value) for value in row] for row in rows)


def _print_json(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> None:
    separator = "["
    while rows := connection.fetchmany(_FETCH_ROWS):
        for row in rows:
            print(separator, _json(dict(zip(columns, row, strict=True))), sep="\n")
            separator = ","
    print("[]" if separator == "[" else "]")


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
        small = 0 < abs(value) < 0.01  # dollars of one trace
        return Text(f"{value:,.1f}" if abs(value) >= 100 else f"{value:.2g}" if small else f"{value:.3f}")
    text = str(_flat(value))
    text = text if len(text) <= _MAX_CELL else text[: _MAX_CELL - 1] + "…"
    # Sampled text can hold anything, control sequences of a terminal too.
    return Text("".join(char if char.isprintable() else repr(char)[1:-1] for char in text))
