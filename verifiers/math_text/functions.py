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
    product,
)
from verifiers.math_text.vocabulary import UNARY


def function(cursor: Cursor, name: str) -> Expression:
    """Read exponent, base and arguments of the function `name`."""
    if name == "sqrt":
        return _root(cursor)
    exponent: Expression | None = None
    if cursor.peek().text == "^":
        cursor.at += 1
        exponent = cursor.group() if cursor.peek().text == "{" else scalar(cursor.operand(POWER))
    base: Expression | None = None
    if name == "log" and cursor.peek().text == "_":
        cursor.at += 1
        base = cursor.argument()
    args = _arguments(cursor, name)
    if name == "cis":
        return Add((Call("cos", args), product(Constant("i"), Call("sin", args))))
    if exponent == Number(Fraction(-1)) and name in ("sin", "cos", "tan"):
        return Call("arc" + name, args)
    node: Expression = Call(name, args)
    if base is not None:
        node = product(Call("ln", args), inverse(Call("ln", (base,))))
    return node if exponent is None else Power(node, exponent)


def _arguments(cursor: Cursor, name: str) -> tuple[Expression, ...]:
    cursor.in_function += 1
    if cursor.peek().text in ("(", "["):
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
        arg = scalar(cursor.operand(POWER))
    return Call("sqrt", (arg,)) if index is None else Call("root", (arg, index))
