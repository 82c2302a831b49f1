r"""Functions and their arguments: `\sin^2 x`, `\log_2 8`, `\sqrt[3]{x}`, `\max(1, 2)`; their names have been taken."""

from fractions import Fraction

from verifiers.math_text.brackets import bracketed
from verifiers.math_text.cursor import ARGUMENT, POWER, Cursor, scalar
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import (
    FUNCTIONS,
    Add,
    Call,
    Constant,
    Expression,
    Number,
    Power,
    Sequence,
    inverse,
    negated,
    product,
)
from verifiers.math_text.vocabulary import CALLABLE, DERIVED, NAMED, UNARY


def function(cursor: Cursor, name: str) -> Expression:
    """Read exponent, base and arguments of the function `name`."""
    if name == "sqrt":
        return _root(cursor)
    exponent: Expression | None = None
    if cursor.peek().text == "^":
        cursor.at += 1
        exponent = cursor.group() if cursor.peek().text == "{" else scalar(cursor.operand(POWER))
    base: Expression | None = None
    if name == "log":
        base = _base(cursor)
    args = _arguments(cursor, name)
    if exponent == Number(Fraction(-1)) and name in ("cot", "coth", "sech", "csch"):
        raise Unreadable(f"an inverse of {name}, for which there are two conventions")
    if exponent == Number(Fraction(-1)) and "arc" + name in CALLABLE:
        exponent, name = None, "arc" + name
    node = _written_out(name, args[0]) if name in DERIVED else Call(name, args)
    if base is not None:
        node = product(Call("ln", args), inverse(Call("ln", (base,))))
    return node if exponent is None else Power(node, exponent)


def _base(cursor: Cursor) -> Expression | None:
    """Read the base of a logarithm: `_2`, or the digits of `log2(8)`."""
    if cursor.peek().text == "_":
        cursor.at += 1
        return cursor.argument()
    token = cursor.peek()
    if token.text in ("2", "10") and not token.space and cursor.peek(1).text == "(":
        cursor.at += 1
        return Number(Fraction(int(token.text)))
    return None


def _written_out(name: str, x: Expression) -> Expression:
    """Return a function from `DERIVED` in terms of others."""
    one, half = Number(Fraction(1)), Number(Fraction(1, 2))
    square = Power(x, Number(Fraction(2)))
    match name:
        case "cis":
            return Add((Call("cos", (x,)), product(Constant("i"), Call("sin", (x,)))))
        case "coth":
            return inverse(Call("tanh", (x,)))
        case "sech":
            return inverse(Call("cosh", (x,)))
        case "csch":
            return inverse(Call("sinh", (x,)))
        case "arcsec":
            return Call("arccos", (inverse(x),))
        case "arccsc":
            return Call("arcsin", (inverse(x),))
        case "arcsinh":
            return Call("ln", (Add((x, Call("sqrt", (Add((square, one)),)))),))
        case "arccosh":
            return Call("ln", (Add((x, Call("sqrt", (Add((square, negated(one))),)))),))
    return product(half, Call("ln", (product(Add((one, x)), inverse(Add((one, negated(x))))),)))


def _arguments(cursor: Cursor, name: str) -> tuple[Expression, ...]:
    cursor.in_function += 1
    if cursor.peek().text in ("(", "[") or (cursor.peek().text == "\\{" and name not in UNARY):
        inside = bracketed(cursor, cursor.next().text)
        args = inside.items if isinstance(inside, Sequence) else (inside,)
    elif cursor.peek().text == "{":
        args = (cursor.group(),)
    else:
        # `\sin 2x` takes the product, `\sin x \cos x` stops at the next function.
        factors = [cursor.value(ARGUMENT)]
        while (
            cursor.starts_factor()
            and cursor.peek().text not in ("(", "[")
            and cursor.peek().text.lstrip("\\") not in FUNCTIONS
        ):
            factors.append(cursor.value(ARGUMENT))
        args = (product(*factors),)
    cursor.in_function -= 1
    if name in UNARY and len(args) != 1:
        raise Unreadable(f"{name} of several arguments")
    return tuple(scalar(arg) for arg in args)


def _root(cursor: Cursor) -> Expression:
    index: Expression | None = None
    if cursor.peek().text == "[":
        cursor.at += 1
        index = cursor.value(0)
        cursor.expect("]")
    if cursor.peek().text in ("{", "("):
        opening = cursor.next().text
        arg = cursor.value(0)
        cursor.expect("}" if opening == "{" else ")")
    else:
        token = cursor.peek()
        if (
            token.kind == "word" and len(token.text) > 1 and token.text not in NAMED and token.text not in CALLABLE
        ) or (token.kind == "number" and len(token.text) > 1 and not token.space):
            raise Unreadable("a root of several signs without braces")
        arg = scalar(cursor.operand(POWER))
    return Call("sqrt", (arg,)) if index is None else Call("root", (arg, index))
