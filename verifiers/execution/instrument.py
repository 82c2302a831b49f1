"""A program with notes in it: the same syntax tree, in which every statement tells a recorder that it ran.

    for x in xs:                          for x in xs:
        t += x                                _stepmill_loop(3)
                                              t += x
                                              _stepmill_set(4)
                                          else:
                                              _stepmill_done(3)

Conditions and what is returned or yielded pass through a note and come out as they were. A function's body, and the body of each
`try` and `with`, stands in a `with` that sees exceptions go by. Class bodies, lambdas and comprehensions have no statements to
note; module level runs before the recording begins. Positions stay those of the source, so that an exception is found at its
statement.
"""

import ast
import marshal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

PREFIX = "_stepmill_"
"""Of the names that a recorded program has besides its own."""
MAX_SOURCE = 200_000

Span = tuple[int, int, int, int]
"""First line and column, last line and column; columns in bytes, as syntax trees have them."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_OWN_SCOPE = (*_FUNCTIONS, ast.Lambda, ast.ClassDef)
_SILENT = (ast.Import, ast.ImportFrom, ast.Delete)
"""They change what names there are, which is no event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What one note is about."""

    line: int
    source: str
    """The statement, of a compound one its head, as written."""
    name: str
    """The function that a call or an end is of."""
    names: tuple[str, ...]
    """Variables that it binds, whose values are told even where they are the same as before."""
    watched: tuple[str, ...]
    """Of a call: names in the function that may be the module's."""
    span: Span
    """Where an exception belongs to this place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrumented:
    """A compiled program and what its notes are about, by their number."""

    code: bytes
    """For `marshal.loads`, of this very interpreter."""
    places: tuple[Place, ...]


def instrument(source: str) -> Instrumented | str:
    """Return the program with notes in it, or why it has none. Total."""
    if len(source) > MAX_SOURCE:
        return f"more than {MAX_SOURCE:,} characters of source"
    if PREFIX in source:
        return f"names that begin with {PREFIX}"
    try:
        tree = ast.parse(source)
        notes = _Notes(source)
        tree.body = list(notes.outside(tree.body, ""))
        code = compile(ast.fix_missing_locations(tree), "<program>", "exec", dont_inherit=True)
        return Instrumented(code=marshal.dumps(code), places=tuple(notes.places))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"it does not compile: {type(error).__name__}: {str(error)[:200]}"


def head_end(node: ast.stmt | ast.ExceptHandler | ast.match_case) -> ast.AST | None:
    """Return the last expression of a compound statement's head; the node itself where it has none, None for a simple one."""
    match node:
        case ast.If() | ast.While():
            return node.test
        case ast.For() | ast.AsyncFor():
            return node.iter
        case ast.With() | ast.AsyncWith():
            return node.items[-1].optional_vars or node.items[-1].context_expr
        case ast.match_case():
            return node.guard or node.pattern
        case ast.ExceptHandler():
            return node.type or node
        case _:
            return None


@dataclass(slots=True)
class _Notes:
    """Puts notes into statements and remembers what each is about."""

    text: str
    places: list[Place] = field(default_factory=list)
    _lines: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        # Splitting as the parser does: form feeds and the separators of Unicode end no line.
        self._lines = [line + b"\n" for line in self.text.encode("utf-8", "surrogatepass").split(b"\n")]

    def outside(self, body: Sequence[ast.stmt], owner: str) -> Iterator[ast.stmt]:
        """Yield statements of a module or class: their functions are noted, they themselves are not."""
        for node in body:
            for inner in _bodies(node) if not isinstance(node, _FUNCTIONS) else ():
                inner[:] = list(
                    self.outside(inner, f"{owner}{node.name}." if isinstance(node, ast.ClassDef) else owner)
                )
            if isinstance(node, _FUNCTIONS):
                self._function(node, owner)
            yield node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str) -> None:
        body = node.body
        first = body[0]
        documented = (
            isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
        )
        place = self._place(
            node, source="", name=owner + node.name, names=_parameters(node.args),
            watched=tuple(sorted({one.id for one in ast.walk(node) if isinstance(one, ast.Name)})), span=(0, 0, 0, 0),
        )  # fmt: skip
        inner = [_note("call", place, node), *self._inside(body[documented:])]
        if not isinstance(body[-1], ast.Return | ast.Raise):
            inner.append(_note("end", place, node))
        node.body = [*body[:documented], _watched(inner, node)]

    def _inside(self, body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
        for node in body:
            yield from self._statement(node)

    def _statement(self, node: ast.stmt) -> Iterator[ast.stmt]:
        """Yield what stands for a statement of a function."""
        match node:
            case ast.Pass() | ast.Global() | ast.Nonlocal() | ast.Expr(value=ast.Constant()):
                yield node
            case ast.Break() | ast.Continue():
                yield _note("set", self._place(node), node)
                yield node
            case ast.Return(value=None):
                yield _note("return", self._place(node), node, _none(node))
                yield node
            case ast.Return() | ast.Raise():
                place = self._place(node)
                self._yields(node, place)
                if isinstance(node, ast.Return) and node.value is not None:
                    node.value = _call("return", place, node.value, node.value)
                yield node
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, "")
                yield from self._followed(node, (node.name,))
            case ast.ClassDef():
                node.body = list(self.outside(node.body, f"{node.name}."))
                yield from self._followed(node, (node.name,))
            case _ if _bodies(node) or isinstance(node, ast.Match):
                self._compound(node)
                yield node
            case ast.Assert():
                node.test = _call("test", self._place(node, _bound(node)), node.test, node.test)
                yield node
            case _:
                yield from self._followed(node, _bound(node))

    def _followed(self, node: ast.stmt, names: tuple[str, ...]) -> Iterator[ast.stmt]:
        place = self._place(node, names)
        self._yields(node, place)
        yield node
        silent = isinstance(node, _SILENT) and not _bound(node)
        resumed = isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield)
        yield _note("pass" if silent else "resume" if resumed else "set", place, node)

    def _compound(self, node: ast.stmt) -> None:
        """Put notes into the head of a compound statement and into everything in it."""
        match node:
            case ast.If() | ast.While():
                place = self._place(node, _walrus(node.test))
                self._yields(node.test, place)
                node.test = _call("test", place, node.test, node.test)
                node.body = list(self._inside(node.body))
                node.orelse = list(self._inside(node.orelse))
            case ast.For() | ast.AsyncFor():
                place = self._place(node, (*_targets(node.target), *_walrus(node.iter)))
                self._yields(node.iter, place)
                node.body = [_note("loop", place, node), *self._inside(node.body)]
                node.orelse = [_note("done", place, node), *self._inside(node.orelse)]
            case ast.With() | ast.AsyncWith():
                place = self._place(node, _bound(node))
                # What a context manager swallows has to be seen before it does.
                node.body = [_note("set", place, node), _watched(list(self._inside(node.body)), node)]
            case ast.Match():
                for case in node.cases:
                    case.body = [_note("branch", self._case(case), case.body[0]), *self._inside(case.body)]
            case ast.Try() | ast.TryStar():
                node.body = [_watched(list(self._inside(node.body)), node)]
                for handler in node.handlers:
                    caught = self._place(handler, (handler.name,) if handler.name else ())
                    handler.body = [_note("branch", caught, handler), *self._inside(handler.body)]
                node.orelse = list(self._inside(node.orelse))
                node.finalbody = list(self._inside(node.finalbody))

    def _yields(self, node: ast.AST, place: int) -> None:
        """Pass what every `yield` of a statement gives through a note."""
        for inner in _own(node):
            if isinstance(inner, ast.Yield):
                value = inner.value or _none(inner)
                inner.value = _call("yield", place, value, inner)

    def _place(
        self, node: ast.stmt | ast.ExceptHandler, names: tuple[str, ...] = (), *, source: str | None = None,
        name: str = "", watched: tuple[str, ...] = (), span: Span | None = None,
    ) -> int:  # fmt: skip
        start = node.lineno, node.col_offset
        end = self._end(node)
        self.places.append(
            Place(
                line=node.lineno, source=self._source(start, end) if source is None else source, name=name,
                names=tuple(dict.fromkeys(names)), watched=watched, span=span or (*start, *end),
            )
        )  # fmt: skip
        return len(self.places) - 1

    def _case(self, node: ast.match_case) -> int:
        # The word `case` has no position of its own: it is the last one before the pattern.
        line, column = node.pattern.lineno, node.pattern.col_offset
        while (found := self._lines[line - 1][:column].rfind(b"case")) < 0 and line > 1:
            line, column = line - 1, len(self._lines[line - 2])
        start, end = (line, max(found, 0)), self._colon(head_end(node) or node.pattern)
        names = [
            one.name for one in ast.walk(node.pattern) if isinstance(one, ast.MatchAs | ast.MatchStar) and one.name
        ]
        names += [one.rest for one in ast.walk(node.pattern) if isinstance(one, ast.MatchMapping) and one.rest]
        names += _walrus(node.guard) if node.guard is not None else ()
        place = Place(
            line=line, source=self._source(start, end), name="", names=tuple(names), watched=(), span=(*start, *end)
        )
        self.places.append(place)
        return len(self.places) - 1

    def _end(self, node: ast.stmt | ast.ExceptHandler) -> tuple[int, int]:
        """Return where a statement ends, of a compound one its head, before the colon."""
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            return self._definition_end(node)
        last = head_end(node)
        if last is None:
            return node.end_lineno or node.lineno, node.end_col_offset or 0
        if last is node:  # `except:`
            return node.lineno, node.col_offset + len("except")
        return self._colon(last)

    def _colon(self, last: ast.AST) -> tuple[int, int]:
        """Return where the colon stands that ends a head: behind `last`, brackets and comments."""
        assert isinstance(last, ast.expr | ast.pattern)
        line, column = last.end_lineno or 1, last.end_col_offset or 0
        while line <= len(self._lines):
            rest = self._lines[line - 1][column:].partition(b"#")[0]
            if b":" in rest:
                return line, column + rest.index(b":")
            line, column = line + 1, 0
        return last.end_lineno or 1, last.end_col_offset or 0

    def _definition_end(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[int, int]:
        """Return where the first line of a definition ends, before its colon."""
        first = self._lines[node.lineno - 1].rstrip()
        return node.lineno, len(first.partition(b"#")[0].rstrip().removesuffix(b":"))

    def _source(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        lines = self._lines[start[0] - 1 : end[0]]
        if not lines:
            return ""
        lines[-1] = lines[-1][: end[1]]
        lines[0] = lines[0][start[1] :]
        if len(lines) > 1:  # on one line, a comment would swallow what follows
            lines = [
                line if b"#" not in line or b'"' in line or b"'" in line else line.partition(b"#")[0] for line in lines
            ]
        return b" ".join(line.strip() for line in lines).decode("utf-8", "replace").strip()


def _bodies(node: ast.AST) -> list[list[ast.stmt]]:
    """Return the blocks of a compound statement."""
    blocks = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    found = [block for block in blocks if isinstance(block, list) and block]
    return found + [inner.body for name in ("handlers", "cases") for inner in getattr(node, name, ())]


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement that belong to the function it stands in."""
    yield node
    if not isinstance(node, _OWN_SCOPE):
        for child in ast.iter_child_nodes(node):
            yield from _own(child)


def _parameters(arguments: ast.arguments) -> tuple[str, ...]:
    named = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return tuple(one.arg for one in named if one is not None)


def _bound(node: ast.stmt) -> tuple[str, ...]:
    """Return the variables that a statement assigns to or into."""
    match node:
        case ast.Assign() | ast.Delete():
            found = [name for target in node.targets for name in _targets(target)]
        case ast.AugAssign() | ast.AnnAssign():
            found = [*_targets(node.target)] if node.value is not None else []
        case ast.With() | ast.AsyncWith():
            found = [name for item in node.items if item.optional_vars for name in _targets(item.optional_vars)]
        case _:
            found = []
    if isinstance(node, ast.Delete):  # a name that is gone has no value
        gone = {one.id for one in node.targets if isinstance(one, ast.Name)}
        return tuple(name for name in found if name not in gone)
    return (
        *found,
        *(name for item in ast.iter_child_nodes(node) if isinstance(item, ast.expr) for name in _walrus(item)),
    )


def _targets(target: ast.expr) -> tuple[str, ...]:
    """Return the variables of a target; of an item or a field, the variable that holds it."""
    match target:
        case ast.Name():
            return (target.id,)
        case ast.Tuple() | ast.List():
            return tuple(name for item in target.elts for name in _targets(item))
        case ast.Starred() | ast.Subscript() | ast.Attribute():
            return _targets(target.value)
        case _:
            return ()


def _walrus(node: ast.AST) -> tuple[str, ...]:
    return tuple(one.target.id for one in _own(node) if isinstance(one, ast.NamedExpr))


def _none(at: ast.AST) -> ast.expr:
    return ast.copy_location(ast.Constant(value=None), at)


def _call(hook: str, place: int, value: ast.expr | None, at: ast.AST) -> ast.Call:
    name = ast.Name(id=PREFIX + hook, ctx=ast.Load())
    arguments: list[ast.expr] = [ast.Constant(value=place), *([value] if value is not None else [])]
    call = ast.Call(func=name, args=arguments, keywords=[])
    for one in (name, arguments[0], call):
        ast.copy_location(one, at)
    return call


def _note(hook: str, place: int, at: ast.AST, value: ast.expr | None = None) -> ast.stmt:
    return ast.copy_location(ast.Expr(value=_call(hook, place, value, at)), at)


def _watched(body: list[ast.stmt], at: ast.stmt) -> ast.stmt:
    name = ast.copy_location(ast.Name(id=f"{PREFIX}watch", ctx=ast.Load()), at)
    return ast.copy_location(ast.With(items=[ast.withitem(context_expr=name)], body=body), at)
