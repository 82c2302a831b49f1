"""Programs and the narrations of their runs, one language feature or two each: code, call of `f`, lines."""

from typing import Any

Narration = tuple[str, tuple[Any, ...], str]  # Any: plain values

LOOPS: Narration = (
    """
def f(a, xs):
    t = 0
    for x in xs:
        if x > a:
            t += x
        elif x == 2:
            continue
        else:
            break
    else:
        t = -t
    return t * 2
""",
    (3, [5, 2]),
    """
Call f: a = 3, xs = [5, 2].
Line 3, `t = 0`: t = 0.
Line 4, `for x in xs`: x = 5.
Line 5, `if x > a`: true.
Line 6, `t += x`: t = 5.
Line 4, `for x in xs`: x = 2.
Line 5, `if x > a`: false.
Line 7, `elif x == 2`: true.
Line 8, `continue`: no change.
Line 4, `for x in xs`: done.
Line 12, `t = -t`: t = -5.
Line 13, `return t * 2`: returns -10.
""",
)
WHILE_AND_WALRUS: Narration = (
    """
def f(xs):
    while (n := len(xs)) > 1:
        xs.pop()
    else:
        pass
    print(n)
    return xs
""",
    ([4, 9],),
    """
Call f: xs = [4, 9].
Line 3, `while (n := len(xs)) > 1`: n = 2.
Line 3, `while (n := len(xs)) > 1`: true.
Line 4, `xs.pop()`: xs = [4].
Line 3, `while (n := len(xs)) > 1`: n = 1.
Line 3, `while (n := len(xs)) > 1`: false.
Line 7, `print(n)`: no change.
Line 8, `return xs`: returns [4].
""",
)
EXCEPTIONS: Narration = (
    """
def f(d):
    try:
        check(d)
        d['a']
    except (KeyError, IndexError) as error:
        s = str(error)
    finally:
        d['b'] = 1
    try:
        assert not d, 'full'
    except AssertionError:
        return s

def check(d):
    if len(d) > 5:
        raise ValueError('long')
""",
    ({},),
    """
Call f: d = {}.
Call check: d = {}.
Line 16, `if len(d) > 5`: false.
End of check: returns None.
Line 4, `check(d)`: no change.
Line 5, `d['a']`: raises KeyError: 'a'.
Line 6, `except (KeyError, IndexError) as error`: error = KeyError('a').
Line 7, `s = str(error)`: s = "'a'".
Line 9, `d['b'] = 1`: d = {'b': 1}.
Line 11, `assert not d, 'full'`: false.
Line 11, `assert not d, 'full'`: raises AssertionError: full.
Line 12, `except AssertionError`: true.
Line 13, `return s`: returns "'a'".
""",
)
RAISED_THROUGH_CALLS: Narration = (
    """
def f(n):
    try:
        return g(n)
    except ValueError as e:
        return e.args[0]

def g(n):
    if n < 0: raise ValueError('below 0')
    return n
""",
    (-1,),
    """
Call f: n = -1.
Call g: n = -1.
Line 9, `if n < 0`: true.
Line 9, `raise ValueError('below 0')`: raises ValueError: below 0.
Line 4, `return g(n)`: raises ValueError: below 0.
Line 5, `except ValueError as e`: e = ValueError('below 0').
Line 6, `return e.args[0]`: returns 'below 0'.
""",
)
CLOSURES_AND_GLOBALS: Narration = (
    """
seen = {}
def f(n):
    total = 0
    def add(k, *more, by=1, **named):
        nonlocal total
        total += k * by + len(more) + len(named)
        seen[k] = total
    add(n, 5, by=2, z=0)
    g = lambda x: x + 1
    return g(total)
""",
    (3,),
    """
Call f: n = 3.
Line 4, `total = 0`: total = 0.
Line 5, `def add(k, *more, by=1, **named)`: add = <function add>.
Call add: k = 3, more = (5,), by = 2, named = {'z': 0}.
Line 7, `total += k * by + len(more) + len(named)`: total = 8.
Line 8, `seen[k] = total`: seen = {3: 8}.
End of add: returns None.
Line 9, `add(n, 5, by=2, z=0)`: total = 8, seen = {3: 8}.
Line 10, `g = lambda x: x + 1`: g = <lambda>.
Line 11, `return g(total)`: returns 9.
""",
)
GENERATORS: Narration = (
    """
def f(n):
    return list(squares(n))

def squares(n):
    for i in range(n):
        got = yield i * i
""",
    (2,),
    """
Call f: n = 2.
Call squares: n = 2.
Line 6, `for i in range(n)`: i = 0.
Line 7, `got = yield i * i`: yields 0.
Line 7, `got = yield i * i`: got = None.
Line 6, `for i in range(n)`: i = 1.
Line 7, `got = yield i * i`: yields 1.
Line 7, `got = yield i * i`: got = None.
Line 6, `for i in range(n)`: done.
End of squares: returns None.
Line 3, `return list(squares(n))`: returns [0, 1].
""",
)
CLASSES: Narration = (
    """
class Point:
    def __init__(self, x, y=0):
        self.x, self.y = x, y
    def moved(self, by):
        self.x += by
        return self

def f(x):
    p = Point(x)
    q = p.moved(2)
    q.y = 7
    match q:
        case Point(x=3, y=up) if up > 5:
            r = up
        case _:
            r = 0
    return r
""",
    (1,),
    """
Call f: x = 1.
Call Point.__init__: self = <Point>, x = 1, y = 0.
Line 4, `self.x, self.y = x, y`: self = <Point x=1, y=0>.
End of Point.__init__: returns None.
Line 10, `p = Point(x)`: p = <Point x=1, y=0>.
Call Point.moved: self = <Point x=1, y=0>, by = 2.
Line 6, `self.x += by`: self = <Point x=3, y=0>.
Line 7, `return self`: returns <Point x=3, y=0>.
Line 11, `q = p.moved(2)`: q = <Point x=3, y=0>, p = <Point x=3, y=0>.
Line 12, `q.y = 7`: q = <Point x=3, y=7>, p = <Point x=3, y=7>.
Line 14, `case Point(x=3, y=up) if up > 5`: up = 7.
Line 15, `r = up`: r = 7.
Line 18, `return r`: returns 7.
""",
)
ALIASES_AND_UNPACKING: Narration = (
    """
def f(xs):
    ys = xs
    ys[0] += 1
    (a, *rest), b = xs, 2
    a, b = b, a
    del xs[0]
    text = ''.join(
        str(one)  # each
        for one in rest
    )
    return f"{a}{b}" + text
""",
    ([1, 8, 9],),
    """
Call f: xs = [1, 8, 9].
Line 3, `ys = xs`: ys = [1, 8, 9].
Line 4, `ys[0] += 1`: ys = [2, 8, 9], xs = [2, 8, 9].
Line 5, `(a, *rest), b = xs, 2`: a = 2, rest = [8, 9], b = 2.
Line 6, `a, b = b, a`: a = 2, b = 2.
Line 7, `del xs[0]`: xs = [8, 9], ys = [8, 9].
Line 8, `text = ''.join( str(one) for one in rest )`: text = '89'.
Line 12, `return f"{a}{b}" + text`: returns '2289'.
""",
)
RECURSION_WITH_A_DEFAULT: Narration = (
    """
def f(n, acc=()):
    '''Not told.'''
    import math
    if n == 0:
        return acc
    return f(n - 1, acc + (math.floor(n),))
""",
    (1,),
    """
Call f: n = 1, acc = ().
Line 5, `if n == 0`: false.
Call f: n = 0, acc = (1,).
Line 5, `if n == 0`: true.
Line 6, `return acc`: returns (1,).
Line 7, `return f(n - 1, acc + (math.floor(n),))`: returns (1,).
""",
)
WITH_AND_SETS: Narration = (
    """
from contextlib import suppress
def f(words):
    found = {w for w in words}
    with suppress(KeyError) as nothing:
        found.remove('zz')
    kept, d = frozenset(found), set()
    return sorted(kept)
""",
    (["b", "a"],),
    """
Call f: words = ['b', 'a'].
Line 4, `found = {w for w in words}`: found = {'a', 'b'}.
Line 5, `with suppress(KeyError) as nothing`: nothing = None.
Line 6, `found.remove('zz')`: raises KeyError: 'zz'.
Line 7, `kept, d = frozenset(found), set()`: kept = frozenset({'a', 'b'}), d = set().
Line 8, `return sorted(kept)`: returns ['a', 'b'].
""",
)
LIBRARY_VALUES: Narration = (
    """
import re
from collections import Counter, deque
from fractions import Fraction
def f(s):
    m = re.match('a+', s)
    c, q, h = Counter(s), deque([1]), Fraction(1, 2)
    z, it, nan = 1j, iter(s), float('nan')
    m = None
    return h + 1 == 1.5
""",
    ("aab",),
    """
Call f: s = 'aab'.
Line 6, `m = re.match('a+', s)`: m = <re.Match>.
Line 7, `c, q, h = Counter(s), deque([1]), Fraction(1, 2)`: c = Counter({'a': 2, 'b': 1}), q = deque([1]), h = Fraction(1, 2).
Line 8, `z, it, nan = 1j, iter(s), float('nan')`: z = 1j, it = <str_ascii_iterator>, nan = nan.
Line 9, `m = None`: m = None.
Line 10, `return h + 1 == 1.5`: returns True.
""",
)
CONSTANTS_OF_A_MODULE: Narration = (
    """
LIMIT = 2
calls = 0
def f(n):
    global calls
    calls += 1
    if n > LIMIT or (low := n) < 0:
        return
    return low
""",
    (1,),
    """
Call f: n = 1.
Line 6, `calls += 1`: calls = 1.
Line 7, `if n > LIMIT or (low := n) < 0`: low = 1.
Line 7, `if n > LIMIT or (low := n) < 0`: false.
Line 9, `return low`: returns 1.
""",
)
ALL: dict[str, Narration] = {name.lower(): value for name, value in list(globals().items()) if isinstance(value, tuple)}
