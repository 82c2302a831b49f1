"""What may be asked of finished runs: the canned questions by name, and any SQL that only reads."""

import difflib
import re

import duckdb

from pipeline.query import QUERIES
from schemas.errors import ConfigError


def canned() -> dict[str, str]:
    """Return the SQL of every canned question by its name, in order."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(QUERIES.glob("*.sql"))}


def in_words(sql: str) -> str | None:
    """Return the question that the first line of `sql` asks in words, None where it is no comment."""
    return sql.split("\n", 1)[0].removeprefix("--").strip() if sql.startswith("--") else None


def sql_of(name: str) -> str:
    """Return the SQL of a canned question. Raises ConfigError that names the nearest one."""
    if re.search(r"\s", name):
        raise ConfigError(f'not the name of a question: "{name}"; give SQL with --sql (make query SQL="...")')
    known = canned()
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
        raise ConfigError(f'no question named "{name}"; the nearest is {nearest}; without a name all are listed')
    return known[name]


def refuse_writes(sql: str) -> None:
    """Raise ConfigError unless `sql` is one statement that only reads: COPY and ATTACH would write files."""
    body = re.sub(r"^(\s|--[^\n]*\n)*explain(\s+analyze)?\s", "", sql, flags=re.IGNORECASE)
    statements = duckdb.extract_statements(body)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ConfigError("one SELECT (or WITH, FROM, DESCRIBE, SUMMARIZE, EXPLAIN) at a time; this command only reads")
