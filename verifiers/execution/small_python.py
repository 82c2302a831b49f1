"""An interpreter for tiny programs: one function over integers, strings and lists, run in this process, one event at a time.

It exists for what running the real thing cannot do: going on from a value that somebody *claims*, right or wrong, so that each
step of a trace can be judged by the steps before it; and starting in the middle, to see whether a value before some line leads
to the result. Everything else about programs is asked of Python itself, in the sandbox.

Nothing is passed to `eval` or `exec`; steps, sizes and digits are bounded. What it does not know it refuses (`Unsupported`).
"""

import ast
import operator
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from verifiers.execution.events import Event

Value = int | str | list["Value"] | tuple["Value", ...] | None
Run = Generator[Event, Event | None, None]
"""Yields what happens next; sent an event of the same kind, goes on as if that had happened."""

MAX_EVENTS = 400
MAX_ITEMS = 1_000
MAX_BITS = 200
MAX_SOURCE = 4_000


class Unsupported(Exception):
    """The program does something this interpreter does not know, or too much of it."""


class _Raised(Exception):
    """What Python would raise."""


class _Returned(Exception):
    pass


class _Broken(Exception):
    pass


class _Continued(Exception):
    pass


@cache
def function(code: str, entry_point: str) -> ast.FunctionDef:
    """Return the function of that name. Raises Unsupported where there is none, or the code is too long or does not parse."""
    if len(code) > MAX_SOURCE:
        raise Unsupported("too long")
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unsupported("does not parse") from error
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == entry_point:
            return node
    raise Unsupported(f"no function {entry_point}")


def run(code: str, entry_point: str, args: Sequence[Value]) -> Run:
    """Yield the events of a call, the first one the call itself. Raises Unsupported."""
    node = function(code, entry_point)
    names = [one.arg for one in node.args.args]
    if len(names) != len(args):
        raise Unsupported(f"{entry_point} takes {len(names)} arguments")
    call = Event(kind="call", name=entry_point, changes=tuple(zip(names, map(repr, args), strict=True)))
    sent = yield call
    variables = _read(sent) if sent is not None else dict(zip(names, args, strict=True))
    yield from _Machine(code, node, variables).body(node.body)


def result(code: str, entry_point: str, args: Sequence[Value]) -> Value:
    """Return what a call returns. Raises Unsupported, also where the call would raise."""
    returned: Value = None
    for event in run(code, entry_point, args):
        if event.kind == "raise":
            raise Unsupported(event.value)
        if event.kind == "return":
            returned = literal(event.value)
    return returned


def result_from(code: str, entry_point: str, line: int, variables: Mapping[str, Value]) -> Value:
    """Return what the function returns when it stands before the statement on that line with these variables.

    The statement must be one of the function's own, not one inside a loop or branch. Raises Unsupported.
    """
    node = function(code, entry_point)
    rest = [one for one in node.body if one.lineno >= line]
    if not rest or rest[0].lineno != line:
        raise Unsupported(f"no statement of {entry_point} begins on line {line}")
    for event in _Machine(code, node, dict(variables)).body(rest):
        if event.kind == "raise":
            raise Unsupported(event.value)
        if event.kind == "return":
            return literal(event.value)
    return None


def _read(event: Event) -> dict[str, Value]:
    return {name: literal(text) for name, text in event.changes}


def literal(text: str) -> Value:
    """Return the value that an event has as text. Raises what `ast.literal_eval` does."""
    value: Value = ast.literal_eval(text)
    return value


class _Machine:
    """The variables of one call, and how much it has done."""

    def __init__(self, code: str, node: ast.FunctionDef, variables: dict[str, Value]) -> None:
        self.lines = code.splitlines()
        self.name = node.name
        self.variables = variables
        self.events = 0

    def body(self, statements: Sequence[ast.stmt]) -> Run:
        """Run to the end of the function."""
        try:
            yield from self.block(statements)
        except _Returned:
            return
        except (_Broken, _Continued) as error:
            raise Unsupported("break or continue outside a loop") from error
        except _Raised as error:
            node = error.args[1]
            yield self._event("raise", node, value=str(error.args[0]))
            return
        yield Event(kind="end", name=self.name)

    def block(self, statements: Sequence[ast.stmt]) -> Run:
        for statement in statements:
            yield from self.statement(statement)

    def statement(self, node: ast.stmt) -> Run:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                holds = yield from self._test(node, test)
                yield from self.block(body if holds else orelse)
            case ast.While(test=test, body=body, orelse=[]):
                yield from self._while(node, test, body)
            case ast.For(target=ast.Name(id=name), iter=items, body=body, orelse=[]):
                yield from self._for(node, name, self._value(node, items), body)
            case ast.Return(value=value):
                text = repr(self._value(node, value)) if value is not None else "None"
                yield self._event("return", node, value=text)
                raise _Returned
            case ast.Break():
                raise _Broken
            case ast.Continue():
                raise _Continued
            case ast.Pass():
                yield self._event("set", node)
            case _:
                yield from self._change(node)

    def _change(self, node: ast.stmt) -> Run:
        """Run a statement that gives one variable a value."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield from self._set(node, name, self._value(node, value))
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                sides = ast.BinOp(ast.Name(name), op, value)
                yield from self._set(node, name, self._value(node, sides))
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value], keywords=[])
            ):
                items = self.variables.get(name)
                if not isinstance(items, list):
                    raise Unsupported("append to what is no list")
                yield from self._set(node, name, _bounded([*items, self._value(node, value)]))
            case _:
                raise Unsupported(type(node).__name__)

    def _while(self, node: ast.stmt, test: ast.expr, body: Sequence[ast.stmt]) -> Run:
        while (yield from self._test(node, test)):
            try:
                yield from self.block(body)
            except _Continued:
                continue
            except _Broken:
                return

    def _for(self, node: ast.stmt, name: str, items: object, body: Sequence[ast.stmt]) -> Run:
        if not isinstance(items, list | str | range | tuple):
            raise Unsupported("a loop over what has no items")
        for item in items:
            sent = yield self._event("loop", node, changes=((name, repr(item)),))
            self.variables[name] = item
            if sent is not None:
                self.variables.update(_read(sent))
            try:
                yield from self.block(body)
            except _Continued:
                continue
            except _Broken:
                return
        yield self._event("done", node)

    def _set(self, node: ast.stmt, name: str, value: Value) -> Run:
        unchanged = name in self.variables and repr(self.variables[name]) == repr(value)
        sent = yield self._event("set", node, changes=() if unchanged else ((name, repr(value)),))
        self.variables[name] = value
        if sent is not None:
            self.variables.update(_read(sent))

    def _test(self, node: ast.stmt, test: ast.expr) -> Generator[Event, Event | None, bool]:
        holds = bool(self._value(node, test))
        sent = yield self._event("test", node, value=_WORDS[holds])
        return holds if sent is None else sent.value == "true"

    def _value(self, node: ast.stmt, expression: ast.expr) -> Value:
        try:
            return _evaluate(expression, self.variables)
        except (IndexError, KeyError, ValueError, ZeroDivisionError, TypeError) as error:
            raise _Raised(f"{type(error).__name__}: {error}", node) from error
        except RecursionError as error:
            raise Unsupported("nested too deep") from error

    def _event(self, kind: str, node: ast.stmt, changes: tuple[tuple[str, str], ...] = (), value: str = "") -> Event:
        self.events += 1
        if self.events > MAX_EVENTS:
            raise Unsupported("too many steps")
        source = self.lines[node.lineno - 1].strip().removesuffix(":")
        return replace(Event(kind="set", line=node.lineno, source=source, changes=changes, value=value), kind=kind)  # type: ignore[arg-type]  # one of Kind


_WORDS = {True: "true", False: "false"}

_BINARY: dict[type[ast.operator], Callable[..., Value]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARED: dict[type[ast.cmpop], Callable[..., bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "len": len,
    "sum": sum,
    "max": max,
    "min": min,
    "abs": abs,
    "sorted": sorted,
    "str": str,
    "list": list,
    "range": lambda *bounds: _range(*bounds),  # type: ignore[dict-item]  # a range is read as a list
}
_METHODS: dict[str, Callable[..., Value]] = {
    "upper": str.upper,
    "lower": str.lower,
    "replace": str.replace,
    "count": lambda value, item: value.count(item),
}


def _range(*bounds: int) -> list[int]:
    found = range(*bounds)
    if len(found) > MAX_ITEMS:
        raise Unsupported("too long a range")
    return list(found)


def _bounded(value: Value) -> Value:
    """Return a value that is small enough."""
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise Unsupported("too large a number")
    if isinstance(value, str | list | tuple) and len(value) > MAX_ITEMS:
        raise Unsupported("too long a value")
    return value


def _evaluate(node: ast.expr, names: Mapping[str, Value]) -> Value:
    """Return the value of an expression. Raises what Python would, and Unsupported."""
    match node:
        case ast.Constant(value=bool() | int() | str() | None as value):
            return _bounded(value)
        case ast.Name(id=name):
            if name not in names:
                raise Unsupported(f"no variable {name}")
            return names[name]
        case ast.List(elts=items):
            return [_evaluate(item, names) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_evaluate(item, names) for item in items)
        case ast.Subscript(value=value, slice=index):
            return _item(_evaluate(value, names), index, names)
        case ast.ListComp(elt=element, generators=[ast.comprehension(target=ast.Name(id=name), iter=items, ifs=tests)]):
            return _comprehension(element, name, _evaluate(items, names), tests, names)
        case ast.Call(args=args, keywords=[]):
            return _called(node.func, args, names)
        case _:
            return _computed(node, names)


def _computed(node: ast.expr, names: Mapping[str, Value]) -> Value:
    """Return the value of an operator's expression."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(op, _evaluate(left, names), _evaluate(right, names))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return operator.neg(_evaluate(operand, names))  # type: ignore[arg-type]  # TypeError is Python's answer
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _evaluate(operand, names)
        case ast.BoolOp(op=op, values=values):
            return _boolean(op, values, names)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARED:
            return _COMPARED[type(op)](_evaluate(left, names), _evaluate(right, names))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _evaluate(body if _evaluate(test, names) else orelse, names)
    raise Unsupported(type(node).__name__)


def _called(called: ast.expr, args: Sequence[ast.expr], names: Mapping[str, Value]) -> Value:
    match called:
        case ast.Name(id=name) if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](*(_evaluate(arg, names) for arg in args)))
        case ast.Attribute(value=owner, attr=name) if name in _METHODS:
            return _bounded(_METHODS[name](_evaluate(owner, names), *(_evaluate(arg, names) for arg in args)))
    raise Unsupported("a call of what it does not know")


def _binary(op: ast.operator, left: Value, right: Value) -> Value:
    if type(op) not in _BINARY:
        raise Unsupported(type(op).__name__)
    if isinstance(op, ast.Mult):
        # Before it is computed: a text times a large number would fill the memory.
        for many, times in ((left, right), (right, left)):
            if isinstance(many, str | list | tuple) and isinstance(times, int) and len(many) * times > MAX_ITEMS:
                raise Unsupported("too long a value")
    if isinstance(op, ast.Mod) and isinstance(left, str):
        raise Unsupported("formatting")
    return _bounded(_BINARY[type(op)](left, right))


def _boolean(op: ast.boolop, values: Sequence[ast.expr], names: Mapping[str, Value]) -> Value:
    value: Value = None
    for one in values:
        value = _evaluate(one, names)
        if bool(value) != isinstance(op, ast.And):
            return value
    return value


def _item(value: Value, index: ast.expr, names: Mapping[str, Value]) -> Value:
    if not isinstance(value, str | list | tuple):
        raise TypeError(f"{type(value).__name__!r} object is not subscriptable")
    if isinstance(index, ast.Slice):
        low, high, step = (
            None if one is None else _evaluate(one, names) for one in (index.lower, index.upper, index.step)
        )
        return value[slice(low, high, step)]  # type: ignore[arg-type]  # TypeError is Python's answer
    return value[_evaluate(index, names)]  # type: ignore[index]  # TypeError is Python's answer


def _comprehension(
    element: ast.expr, name: str, items: Value, tests: Sequence[ast.expr], names: Mapping[str, Value]
) -> Value:
    if not isinstance(items, str | list | tuple):
        raise Unsupported("a comprehension over what has no items")
    inner, made = dict(names), []
    for item in items:
        inner[name] = item
        if all(_evaluate(test, inner) for test in tests):
            made.append(_evaluate(element, inner))
    return _bounded(made)
