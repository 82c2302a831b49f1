"""Expressions of tiny programs over integers, strings and lists: what they come to, within bounds of size and of work.

Nothing is passed to `eval` or `exec`. What could fill the memory is measured before it is made; what this does not know it
refuses (`Unsupported`), for a wrong answer would be believed.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

Value = int | str | list["Value"] | tuple["Value", ...] | None
"""What a variable may hold."""
Found = Value | range
"""What an expression may come to: a range is counted, walked or looked into, and never kept."""

MAX_ITEMS = 1_000
"""Items and characters of a value, with all that is in it."""
MAX_BITS = 200
"""Of a number."""
MAX_LEVELS = 20
"""Of lists in lists."""
MAX_WORK = 50_000
"""Expressions evaluated and items made, in one run; the families' programs stay below 2,000."""


class Unsupported(Exception):
    """The program does something this interpreter does not know, or too much of it."""


class Evaluator:
    """Evaluates the expressions of one run, and counts the work."""

    def __init__(self) -> None:
        self.work = 0

    def value(self, node: ast.expr, names: Mapping[str, Value]) -> Found:
        """Return the value of an expression. Raises what Python would, and Unsupported."""
        self._spend(1)
        match node:
            case ast.Constant(value=bool() | int() | str() | None as value):
                return self.kept(value)
            case ast.Name(id=name):
                if name not in names:
                    raise Unsupported(f"no variable {name}")
                return names[name]
            case ast.List(elts=items):
                return self.kept([self.value(item, names) for item in items])
            case ast.Tuple(elts=items):
                return self.kept(tuple(self.value(item, names) for item in items))
            case ast.Subscript(value=value, slice=index):
                return self._item(self.value(value, names), index, names)
            case ast.ListComp(
                elt=element, generators=[ast.comprehension(target=ast.Name(id=name), iter=items, ifs=tests, is_async=0)]
            ):
                return self._comprehension(element, name, self.value(items, names), tests, names)
            case ast.Call(args=args, keywords=[]):
                return self._called(node.func, args, names)
            case _:
                return self._computed(node, names)

    def kept(self, value: object) -> Value:
        """Return what may be held by a variable. Raises Unsupported where it is too large, or of another kind."""
        if type(value) is int and value.bit_length() <= MAX_BITS:
            return value
        room, level = MAX_ITEMS, [value]
        for _ in range(MAX_LEVELS):
            inner: list[object] = []
            for one in level:
                size = _size(one)
                room -= size
                if room < 0:
                    raise Unsupported("too long a value")
                if isinstance(one, list | tuple):
                    inner += one
            if not inner:
                self._spend(MAX_ITEMS - room)
                return value  # type: ignore[return-value]  # every part of it has been looked at
            level = inner
        raise Unsupported("nested too deep")

    def binary(self, op: ast.operator, left: Found, right: Found, *, in_place: bool = False) -> Value:
        """Return `left op right`; `in_place` is `left op= right`, whose errors read otherwise. No list is changed."""
        found = _BINARY.get(type(op))
        if found is None or (isinstance(op, ast.Mod) and isinstance(left, str)):
            raise Unsupported(f"{type(op).__name__} of {type(left).__name__}")
        if isinstance(op, ast.Mult):
            for many, times in ((left, right), (right, left)):
                if isinstance(many, str | list | tuple) and isinstance(times, int) and len(many) * times > MAX_ITEMS:
                    raise Unsupported("too long a value")
        if not in_place:
            return self.kept(found.plain(left, right))
        if isinstance(left, list):
            if (type(op), type(right)) not in ((ast.Add, list), (ast.Mult, int)):
                raise Unsupported(f"a list changed by {type(right).__name__}")
            return self.kept(found.plain(left, right))
        return self.kept(found.in_place(left, right))

    def _spend(self, work: int) -> None:
        self.work += work
        if self.work > MAX_WORK:
            raise Unsupported("too much work")

    def _computed(self, node: ast.expr, names: Mapping[str, Value]) -> Found:
        """Return the value of an operator's expression."""
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(op, self.value(left, names), self.value(right, names))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.kept(operator.neg(self.value(operand, names)))  # type: ignore[arg-type]  # TypeError is Python's answer
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.value(operand, names)
            case ast.BoolOp(op=op, values=values):
                return self._boolean(op, values, names)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARED:
                return _COMPARED[type(op)](self.value(left, names), self.value(right, names))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.value(test, names) else orelse, names)
        raise Unsupported(type(node).__name__)

    def _boolean(self, op: ast.boolop, values: Sequence[ast.expr], names: Mapping[str, Value]) -> Found:
        value: Found = None
        for one in values:
            value = self.value(one, names)
            if bool(value) != isinstance(op, ast.And):
                return value
        return value

    def _called(self, called: ast.expr, args: Sequence[ast.expr], names: Mapping[str, Value]) -> Found:
        match called:
            case ast.Name(id=name) if name in FUNCTIONS:
                found = FUNCTIONS[name](*(self.value(arg, names) for arg in args))
            case ast.Attribute(value=owner, attr=name) if name in _METHODS:
                held = self.value(owner, names)
                kinds, method = _METHODS[name]
                if isinstance(held, range):
                    raise Unsupported(f"{name} of a range")
                if not isinstance(held, kinds):
                    raise AttributeError(f"{type(held).__name__!r} object has no attribute {name!r}")
                found = method(held, *(self.value(arg, names) for arg in args))
            case _:
                raise Unsupported("a call of what it does not know")
        return found if isinstance(found, range) else self.kept(found)

    def _item(self, value: Found, index: ast.expr, names: Mapping[str, Value]) -> Found:
        if not walkable(value):
            raise TypeError(f"{type(value).__name__!r} object is not subscriptable")
        if not isinstance(index, ast.Slice):
            return value[self.value(index, names)]  # type: ignore[index]  # TypeError is Python's answer
        bounds = (None if one is None else self.value(one, names) for one in (index.lower, index.upper, index.step))
        found = value[slice(*bounds)]  # type: ignore[arg-type]  # TypeError is Python's answer
        return found if isinstance(found, range) else self.kept(found)

    def _comprehension(
        self, element: ast.expr, name: str, items: Found, tests: Sequence[ast.expr], names: Mapping[str, Value]
    ) -> Value:
        if not walkable(items):
            raise TypeError(f"{type(items).__name__!r} object is not iterable")
        inner, made = dict(names), []
        for item in items:
            self._spend(1)
            inner[name] = item
            if all(self.value(test, inner) for test in tests):
                made.append(self.value(element, inner))
        return self.kept(made)


def walkable(value: Found) -> TypeGuard[str | list[Value] | tuple[Value, ...] | range]:
    """Whether a value has items in order."""
    return isinstance(value, str | list | tuple | range)


def _size(value: object) -> int:
    """Return how much room a value takes, without what is in it."""
    if type(value) is int:
        if value.bit_length() > MAX_BITS:
            raise Unsupported("too large a number")
        return 1
    if type(value) in (str, list, tuple):
        return 1 + (len(value) if isinstance(value, str) else 0)
    if value is None or type(value) is bool:
        return 1
    raise Unsupported(f"a value of {type(value).__name__}")


def _range(*bounds: Any) -> range:  # Any: TypeError is Python's answer
    found = range(*bounds)
    try:
        short = len(found) <= MAX_ITEMS
    except OverflowError:
        short = False
    if not short:
        raise Unsupported("too long a range")
    return found


def _replace(value: str, *args: Any) -> str:  # Any: TypeError is Python's answer
    if len(args) == 2 and all(isinstance(one, str) for one in args):
        old, new = args
        if len(value) + value.count(old) * (len(new) - len(old)) > MAX_ITEMS:
            raise Unsupported("too long a value")
    return value.replace(*args)


class _Operator(NamedTuple):
    plain: Callable[..., Value]
    in_place: Callable[..., Value]


_BINARY: dict[type[ast.operator], _Operator] = {
    ast.Add: _Operator(operator.add, operator.iadd),
    ast.Sub: _Operator(operator.sub, operator.isub),
    ast.Mult: _Operator(operator.mul, operator.imul),
    ast.FloorDiv: _Operator(operator.floordiv, operator.ifloordiv),
    ast.Mod: _Operator(operator.mod, operator.imod),
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
FUNCTIONS: dict[str, Callable[..., Found]] = {
    "len": len,
    "sum": sum,
    "max": max,
    "min": min,
    "abs": abs,
    "sorted": sorted,
    "str": str,
    "list": list,
    "range": _range,
}
"""What a program may call by name."""
_METHODS: dict[str, tuple[tuple[type, ...], Callable[..., Found]]] = {
    "upper": ((str,), lambda value, *args: value.upper(*args)),
    "lower": ((str,), lambda value, *args: value.lower(*args)),
    "replace": ((str,), _replace),
    "count": ((str, list, tuple), lambda value, *args: value.count(*args)),
}
"""By name: of which kinds of values, and what it does."""
