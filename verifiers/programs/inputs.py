"""Extra inputs for a function, from the inputs that its tests already use: the same types, other values.

Examples are the literal arguments of calls in the tests and in the `>>>` lines of the prompt; where there are none, one value
for each annotation. From them: borders (empty, zero, one, minus one), neighbours, duplicates, reversals, longer and larger
values, arguments of one example with those of another. Seeded, so the same problem gets the same inputs.

Text is parsed and its literals are read; nothing of it runs.
"""

import ast
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice, product

from verifiers.sandbox.rows import Value

Args = tuple[Value, ...]

MAX_SOURCE = 200_000
_MAX_EXAMPLES = 60
_MAX_ITEMS = 40
"""Items of a made list, characters of a made string times five: inputs should cost a reference little."""
_MAX_INT = 10**6
_MAX_CHARS = 4_000
"""Of an example as Python writes it; a longer one is kept as it is, and no others are made from it."""
_DOCTEST = re.compile(r"^[ \t]*>>>[ \t]*(.+)$", re.MULTILINE)


def examples(test: str, entry_point: str, prompt: str = "") -> list[Args]:
    """Return the argument tuples of calls of `candidate` or of the entry point that consist of literals, without repeats."""
    name = entry_point.rpartition(".")[2]
    sources = [test, *islice((match[1] for match in _DOCTEST.finditer(prompt[:MAX_SOURCE])), _MAX_EXAMPLES)]
    found = (args for source in sources for args in _calls(source, ("candidate", name)))
    return list(islice(_new(found), _MAX_EXAMPLES))


def annotated(code: str, entry_point: str) -> list[Args]:
    """Return one argument tuple from the annotations of the function, none where a parameter has no annotation it can use."""
    name = entry_point.rpartition(".")[2]
    for node in _nodes(code):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            parameters = [one for one in (*node.args.posonlyargs, *node.args.args) if one.arg not in ("self", "cls")]
            values = [_of_annotation(one.annotation, 0) for one in parameters]
            return [tuple(values)] if values and None not in values else []
    return []


def extra(given: Sequence[Args], *, count: int = 80, seed: int = 0) -> list[Args]:
    """Return the given inputs and up to `count` more that differ from them and from each other. Deterministic."""
    draw = random.Random(seed)
    small = [args for args in given if len(repr(args)) <= _MAX_CHARS]
    made = _new([*given, *_borders(small, draw), *_mixed(small, draw, count), *_drawn(small, draw, 20 * count)])
    return list(islice(made, len(given) + count))


def _new(values: Iterable[Args]) -> Iterator[Args]:
    seen = set()
    for value in values:
        key = repr(value)
        if key not in seen:
            seen.add(key)
            yield value


def _nodes(source: str) -> Iterator[ast.AST]:
    try:
        yield from ast.walk(ast.parse(source[:MAX_SOURCE]))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return


def _calls(source: str, names: tuple[str, ...]) -> Iterator[Args]:
    calls = [node for node in _nodes(source) if isinstance(node, ast.Call) and node.args and not node.keywords]
    for node in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if called not in names:
            continue
        try:
            yield tuple(ast.literal_eval(arg) for arg in node.args)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            continue  # not a literal


_BY_TYPE: dict[str, Value] = {"int": 3, "float": 1.5, "str": "Hello world", "bool": True, "bytes": b"ab"}
_CONTAINERS: dict[str, Callable[[list[Value]], Value]] = {
    "list": lambda items: [*items * 2, *items],
    "sequence": lambda items: [*items * 2, *items],
    "iterable": lambda items: [*items * 2, *items],
    "tuple": tuple,
    "set": lambda items: set(items),
    "dict": lambda items: {items[0]: items[1]} if len(items) == 2 else {},
}


def _of_annotation(node: ast.expr | None, depth: int) -> Value:
    """Return a value of an annotated type, None for a type that is not known."""
    if node is None or depth > 5:
        return None
    name = (node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")).lower()
    if name in _BY_TYPE:
        return _BY_TYPE[name]
    if name in _CONTAINERS:
        return _CONTAINERS[name]([1, 2])
    if isinstance(node, ast.BinOp):  # int | None
        return _of_annotation(node.left, depth + 1)
    if not isinstance(node, ast.Subscript):
        return None
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    outer = (node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")).lower()
    items = [_of_annotation(one, depth + 1) for one in inner if not isinstance(one, ast.Constant)]
    if outer in ("optional", "union") and items:
        return items[0]
    if outer not in _CONTAINERS or None in items:
        return None
    try:
        return _CONTAINERS[outer](items)
    except TypeError:  # a set of lists
        return None


def _borders(given: Sequence[Args], draw: random.Random) -> Iterator[Args]:
    """Yield every border value of every argument of the first examples, one changed at a time."""
    for args in given[:3]:
        for index, arg in enumerate(args):
            for other in _near(arg, draw):
                yield (*args[:index], other, *args[index + 1 :])


def _mixed(given: Sequence[Args], draw: random.Random, count: int) -> Iterator[Args]:
    """Yield arguments of one example with those of another of the same length."""
    if given and len(given[0]) > 1:
        columns = [[args[index] for args in given if len(args) == len(given[0])] for index in range(len(given[0]))]
        few = [draw.sample(column, min(len(column), 4)) for column in columns]
        mixed = list(islice(product(*few), 500))
        yield from draw.sample(mixed, min(len(mixed), count // 4))


def _drawn(given: Sequence[Args], draw: random.Random, count: int) -> Iterator[Args]:
    """Yield examples with one or two arguments changed, up to three times over."""
    for _ in range(count if given else 0):
        args = list(draw.choice(given))
        for _ in range(draw.randint(1, 3)):
            if args:
                index = draw.randrange(len(args))
                args[index] = draw.choice(_near(args[index], draw) or [args[index]])
        yield tuple(args)


def _near(value: Value, draw: random.Random) -> list[Value]:
    """Return values of the type of `value`: borders first, then neighbours, a random one last."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return _near_int(value, draw)
    if isinstance(value, float):
        return [0.0, 1.0, -1.0, -value, value / 2, value + 1, float(round(value)) if abs(value) < 1e15 else 0.5, 1e-3]
    if isinstance(value, str):
        return _near_str(value, draw)
    if isinstance(value, list):
        return _near_items(value, draw)
    if isinstance(value, tuple):  # its length usually belongs to its type
        return [tuple(_changed(list(value), draw))] if value else []
    if isinstance(value, set):
        return [set(), *({*value} - {one} for one in sorted(value, key=repr)[:2])]
    if isinstance(value, dict):
        return _near_dict(value, draw)
    return []


def _near_int(value: int, draw: random.Random) -> list[Value]:
    large = [2 * value, 10 * value, value + draw.randint(2, 50), draw.randint(0, 200), draw.randint(-20, 20)]
    return [0, 1, -1, 2, value + 1, value - 1, -value, *(one for one in large if abs(one) <= max(_MAX_INT, abs(value)))]


def _near_str(value: str, draw: random.Random) -> list[Value]:
    place = draw.randrange(len(value) + 1)
    letter = draw.choice(value or "a")
    near = [
        "",
        value[:1],
        value[::-1],
        value.swapcase(),
        value.upper(),
        value[:-1],
        value[1:],
        value + " ",
        " " + value,
    ]
    near += [value[:place] + letter + value[place:], value[:place] + value[place + 1 :], value + value[:1]]
    near += [
        "".join(sorted(value)),
        "".join(draw.sample(value, len(value))),
        value[:place] + draw.choice("aZ0 ,.-") + value[place:],
    ]
    if len(value) <= 5 * _MAX_ITEMS // 2:
        near.append(value + value)
    return list(near)


def _near_items(value: list[Value], draw: random.Random) -> list[Value]:
    near: list[Value] = [[], value[:1], value[::-1], value[:-1], value[1:]]
    if value:
        one = draw.choice(value)
        near += [[*value, one], [one, one], [one] * 5, _changed(value, draw), _changed(value, draw)]
        near.append(draw.sample(value, len(value)))
        near.append([draw.choice(value) for _ in range(draw.randint(2, 12))])
    if len(value) <= _MAX_ITEMS // 2:
        near.append(value + value)
    with suppress(TypeError):  # items that have no order
        near.append(sorted(value))  # type: ignore[type-var]
    return near


def _changed(value: list[Value], draw: random.Random) -> list[Value]:
    """Return the items with one put in another's place or changed itself."""
    index = draw.randrange(len(value))
    return [*value[:index], draw.choice(_near(value[index], draw) or [value[index]]), *value[index + 1 :]]


def _near_dict(value: dict[Value, Value], draw: random.Random) -> list[Value]:
    near: list[Value] = [{}]
    for key in list(value)[:2]:
        near.append({other: one for other, one in value.items() if other != key})
        near += [{**value, key: one} for one in _near(value[key], draw)[:4]]
        near += [{**value, one: value[key]} for one in _near(key, draw)[-2:]]
    return near
