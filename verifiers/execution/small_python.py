"""An interpreter for tiny programs: one function over integers, strings and lists, run in this process, one event at a time.

It exists for what running the real thing cannot do: going on from a value that somebody *claims*, right or wrong, so that each
step of a trace can be judged by the steps before it; and starting in the middle, to see whether a value before some line leads
to the result. Everything else about programs is asked of Python itself, in the sandbox.

Nothing is passed to `eval` or `exec`; steps, sizes and work are bounded. What it does not know it refuses (`Unsupported`), and
so it does a list that has two names and is changed under one of them. Its events are those of the sandbox's recorder, but that
an assignment which leaves a variable as it was changes nothing here (`no change`); the code policy has learnt it so.
"""

import ast
from collections.abc import Generator, Mapping, Sequence
from functools import lru_cache

from verifiers.execution.describe import Overlong, raised
from verifiers.execution.events import Event, Kind
from verifiers.execution.small_expressions import FUNCTIONS, Evaluator, Found, Unsupported, Value, walkable

Run = Generator[Event, Event | None, None]
"""Yields what happens next; sent an event of the same kind, goes on as if that had happened."""

MAX_EVENTS = 400
MAX_SOURCE = 4_000
_MAX_MESSAGE = 400


class Raises(Exception):
    """The call ends in this exception: `IndexError: list index out of range`."""


class _Raised(Exception):
    """What Python would raise, and at which statement."""

    def __init__(self, error: Exception, node: ast.stmt) -> None:
        super().__init__(error)
        self.error, self.node = error, node


class _Returned(Exception):
    pass


class _Broken(Exception):
    pass


class _Continued(Exception):
    pass


@lru_cache(maxsize=512)
def function(code: str, entry_point: str) -> ast.FunctionDef:
    """Return the one function that is all the code. Raises Unsupported for any other code, and where it does not parse."""
    if len(code) > MAX_SOURCE:
        raise Unsupported("too long")
    if "\r" in code:
        raise Unsupported("lines that end otherwise")  # the parser's numbers of lines would not be ours
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unsupported("does not parse") from error
    node = body[0] if len(body) == 1 else None
    if not isinstance(node, ast.FunctionDef) or node.name != entry_point:
        raise Unsupported(f"it is not one function {entry_point}")
    _check_head(node)
    return node


def _check_head(node: ast.FunctionDef) -> None:
    """Raise Unsupported for what would change what names mean, or how a function is called."""
    given = node.args
    extra = (node.decorator_list, given.posonlyargs, given.kwonlyargs, given.defaults, given.vararg, given.kwarg)
    if any(extra) or node.returns is not None or any(one.annotation is not None for one in given.args):
        raise Unsupported("a head with more than names in it")
    inner = list(ast.walk(node))
    bound = {one.id for one in inner if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    if FUNCTIONS.keys() & {node.name, *bound, *(one.arg for one in given.args)}:
        raise Unsupported("a function of Python's has another meaning")


def run(code: str, entry_point: str, args: Sequence[object]) -> Run:
    """Yield the events of a call, the first one the call itself. Raises Unsupported."""
    node = function(code, entry_point)
    names = [one.arg for one in node.args.args]
    if len(names) != len(args):
        raise Unsupported(f"{entry_point} takes {len(names)} arguments")
    machine = _Machine(code, node)
    machine.hold(dict(zip(names, args, strict=True)))
    changes = tuple((name, repr(machine.variables[name])) for name in names)
    sent = yield Event(kind="call", name=entry_point, changes=changes)
    if sent is not None:
        machine.variables.clear()
        machine.hold(_read(sent))
    yield from machine.body(node.body)


def result(code: str, entry_point: str, args: Sequence[object]) -> Value:
    """Return what a call returns. Raises Unsupported, and Raises where the call does."""
    return _returned(run(code, entry_point, args))


def result_from(code: str, entry_point: str, line: int, variables: Mapping[str, object]) -> Value:
    """Return what the function returns when it stands before the statement on that line with these variables.

    The statement must be one of the function's own, not one inside a loop or branch. Raises Unsupported, and Raises.
    """
    node = function(code, entry_point)
    rest = [one for one in node.body if one.lineno >= line]
    if not rest or rest[0].lineno != line:
        raise Unsupported(f"no statement of {entry_point} begins on line {line}")
    machine = _Machine(code, node)
    machine.hold(variables)
    return _returned(machine.body(rest))


def _returned(events: Run) -> Value:
    returned: Value = None
    for event in events:
        if event.kind == "raise":
            raise Raises(event.value)
        if event.kind == "return":
            returned = literal(event.value)
    return returned


def _read(event: Event) -> dict[str, Value]:
    return {name: literal(text) for name, text in event.changes}


def literal(text: str) -> Value:
    """Return the value that an event has as text. Raises what `ast.literal_eval` does."""
    value: Value = ast.literal_eval(text)
    return value


class _Machine:
    """The variables of one call, and how much it has done."""

    def __init__(self, code: str, node: ast.FunctionDef) -> None:
        self.lines = code.encode().split(b"\n")
        self.name = node.name
        self.variables: dict[str, Value] = {}
        self.events = 0
        self.evaluator = Evaluator()
        self.walked: list[Found] = []
        """What the loops are walking through, the innermost last."""

    def hold(self, variables: Mapping[str, object]) -> None:
        """Give variables values from outside. Raises Unsupported for values of other kinds, and large ones."""
        self.variables.update({name: self.evaluator.kept(value) for name, value in variables.items()})

    def body(self, statements: Sequence[ast.stmt]) -> Run:
        """Run to the end of the function."""
        try:
            yield from self.block(statements)
        except _Returned:
            return
        except (_Broken, _Continued) as error:
            raise Unsupported("break or continue outside a loop") from error
        except RecursionError as error:
            raise Unsupported("nested too deep") from error
        except _Raised as error:
            try:
                text = raised(error.error, _MAX_MESSAGE)
            except Overlong as overlong:
                raise Unsupported("too long a message") from overlong
            yield self._event("raise", error.node, value=text)
            return
        yield Event(kind="end", name=self.name)

    def block(self, statements: Sequence[ast.stmt]) -> Run:
        """Run statements in order."""
        for statement in statements:
            yield from self._statement(statement)

    def _statement(self, node: ast.stmt) -> Run:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                holds = yield from self._test(node, test)
                yield from self.block(body if holds else orelse)
            case ast.While(test=test, body=body, orelse=[]):
                yield from self._while(node, test, body)
            case ast.For(target=ast.Name(id=name), iter=items, body=body, orelse=[]):
                yield from self._for(node, name, self._value(node, items), body)
            case ast.Return(value=value):
                returned = self.evaluator.kept(self._value(node, value)) if value is not None else None
                yield self._event("return", node, value=repr(returned))
                raise _Returned
            case ast.Break():
                yield self._event("set", node)
                raise _Broken
            case ast.Continue():
                yield self._event("set", node)
                raise _Continued
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                return
            case _:
                yield from self._change(node)

    def _change(self, node: ast.stmt) -> Run:
        """Run a statement that gives one variable a value."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield from self._set(node, name, self.evaluator.kept(self._value(node, value)))
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                before = self._value(node, target)
                if isinstance(before, list):
                    self._refuse_shared(name, before)
                after = self._value(node, value)
                yield from self._set(node, name, self._changed(node, op, before, after))
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value], keywords=[])
            ):
                items = self._value(node, ast.Name(name))
                if not isinstance(items, list):
                    raise _Raised(AttributeError(f"{type(items).__name__!r} object has no attribute 'append'"), node)
                self._refuse_shared(name, items)
                item = self.evaluator.kept(self._value(node, value))
                if _holds(item, items):
                    raise Unsupported("a list in itself")
                yield from self._set(node, name, self.evaluator.kept([*items, item]))
            case _:
                raise Unsupported(type(node).__name__)

    def _refuse_shared(self, name: str, items: list[Value]) -> None:
        """Raise Unsupported where a list that is to be changed is held, or walked through, elsewhere too."""
        others = (value for key, value in self.variables.items() if key != name)
        if any(_holds(value, items) for value in others) or any(one is items for one in self.walked):
            raise Unsupported("a list with two names is changed")

    def _while(self, node: ast.stmt, test: ast.expr, body: Sequence[ast.stmt]) -> Run:
        while (yield from self._test(node, test)):
            try:
                yield from self.block(body)
            except _Continued:
                continue
            except _Broken:
                return

    def _for(self, node: ast.stmt, name: str, items: Found, body: Sequence[ast.stmt]) -> Run:
        if not walkable(items):
            raise _Raised(TypeError(f"{type(items).__name__!r} object is not iterable"), node)
        self.walked.append(items)
        for item in items:
            sent = yield self._event("loop", node, changes=((name, repr(item)),))
            self.variables[name] = item
            if sent is not None:
                self.hold(_read(sent))
            try:
                yield from self.block(body)
            except _Continued:
                continue
            except _Broken:
                self.walked.pop()
                return
        self.walked.pop()
        yield self._event("done", node)

    def _set(self, node: ast.stmt, name: str, value: Value) -> Run:
        unchanged = name in self.variables and repr(self.variables[name]) == repr(value)
        sent = yield self._event("set", node, changes=() if unchanged else ((name, repr(value)),))
        self.variables[name] = value
        if sent is not None:
            self.hold(_read(sent))

    def _test(self, node: ast.stmt, test: ast.expr) -> Generator[Event, Event | None, bool]:
        holds = bool(self._value(node, test))
        sent = yield self._event("test", node, value="true" if holds else "false")
        return holds if sent is None else sent.value == "true"

    def _value(self, node: ast.stmt, expression: ast.expr) -> Found:
        try:
            return self.evaluator.value(expression, self.variables)
        except _ERRORS as error:
            raise _Raised(error, node) from error

    def _changed(self, node: ast.stmt, op: ast.operator, before: Found, value: Found) -> Value:
        try:
            return self.evaluator.binary(op, before, value, in_place=True)
        except _ERRORS as error:
            raise _Raised(error, node) from error

    def _event(self, kind: Kind, node: ast.stmt, changes: tuple[tuple[str, str], ...] = (), value: str = "") -> Event:
        self.events += 1
        if self.events > MAX_EVENTS:
            raise Unsupported("too many steps")
        return Event(kind=kind, line=node.lineno, source=self._source(node), changes=changes, value=value)

    def _source(self, node: ast.stmt) -> str:
        """Return a statement as written, of a compound one the head without its colon. Raises Unsupported for several lines."""
        line = self.lines[node.lineno - 1]
        last = node.test if isinstance(node, ast.If | ast.While) else node.iter if isinstance(node, ast.For) else node
        end = last.end_col_offset or 0
        if last is not node:
            end = line.find(b":", end)  # behind closing brackets
        if last.end_lineno != node.lineno or end < 0:
            raise Unsupported("a statement of several lines")
        return line[node.col_offset : end].decode().strip()


_ERRORS = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError, ZeroDivisionError)
"""What Python raises where an operation does not work on its operands."""


def _holds(value: Value, items: list[Value]) -> bool:
    """Whether a value is that very list, or has it in it."""
    return value is items or (isinstance(value, list | tuple) and any(_holds(one, items) for one in value))
