"""Traces of one problem that say the same: each but one is marked with the id of the one that is kept. None is dropped.

**The rule.** A trace is a duplicate of another of the same problem where all of this holds:

1. Role, outcome, status, answer, `first_error` and the trace that they were made from (its own duplicates count as it) are the
   same. A label that differs is the one thing a process reward model learns from, so it is never thrown away. Counts of
   rollouts may differ: they estimate one thing twice, and the trace that is kept is the one with most evidence.
2. *Symbols* are the same, in the same order: numbers, operators, brackets, single letters, identifiers, `\\commands`, words with
   letters beyond ASCII, and words that turn a sentence round (`TELLING`: negations, numbers and comparisons in words). A wrong
   step and the right one often differ in one number of three hundred words, so no similarity makes up for a symbol.
3. Of their *tokens*, which are symbols and all other words, at least `SIMILAR` of the distinct runs of `WIDTH` in either are in
   both (Jaccard). Five and .8 are usual for training text (Lee et al., *Deduplicating training data makes language models
   better*, arXiv 2107.06499); with the symbols fixed that is about one word in fifty.

White space, case, commas between thousands and punctuation that says nothing are no tokens, so texts that differ in these alone
are always duplicates. Programs and proofs (solutions and revisions outside `math`) have symbols only: there case, every word,
and how lines are indented against each other count, and what is left to differ is blank space.

**Which is kept.** In order: one that others were made from, most labelled steps, most decided rollouts, a reference, lowest
`sample_index`, then generator and id. Each trace is held against those kept before it, in that order, so the kept one is no
duplicate itself, every duplicate is like the very trace it names (no chains that drift), and the order of the input says nothing.

**What it costs.** Texts are read once and compared only where 1 and 2 agree, which is rare; there, pairs that cannot reach the
share are never looked at: two sets that share `SIMILAR` of their runs share one among the rarest few (prefix filtering,
Chaudhuri et al., ICDE 2006). Comparisons are bounded by `COMPARED` for each trace and runs by `MOST_TOKENS` for each group;
beyond that only texts of the same tokens are duplicates, so the time is linear in the text, whatever it says.
"""

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from schemas.trace import Step, Trace

SIMILAR = 0.8
WIDTH = 5
COMPARED = 32
MOST_TOKENS = 2_000_000
"""Of the texts whose runs are held at once: some 100 MB."""

_TELLING = """
    no not never none nothing neither nor without cannot non except unless unlike opposite
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen
    once twice thrice double triple half halves third thirds quarter quarters fourth fifth sixth seventh eighth ninth tenth
    first second last previous both either all some any every each only another other
    more less fewer greater smaller larger bigger higher lower longer shorter older younger most least fewest
    above below over under before after inside outside up down left right
    maximum minimum max min largest smallest greatest highest lowest longest shortest
    increase increases increased decrease decreases decreased gain gains gained lose loses lost
    add adds added subtract subtracts subtracted multiply multiplies multiplied divide divides divided
    plus minus times sum difference product quotient remainder square squared cube cubed root power
    even odd positive negative prime composite equal equals unequal same different
    true false yes correct incorrect wrong valid invalid possible impossible always sometimes
    and or if iff
"""
TELLING = frozenset(_TELLING.split())
"""Words in place of which another one changes what is claimed."""

_PROSE = re.compile(
    r"""
    \d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)? | \d+(?:\.\d+)? | (?<!\w)\.\d+
    | [^\W\d_]+['’][^\W\d_]+
    | \\?[^\W\d_](?:\w*[^\W_])?
    | (?<=\d):(?=\d) | (?<![^\W\d_]{2})! | (?<=\b\w)['’′]
    | (?<!\*)\*(?!\*) | (?<=[\w)\]}])\*{2,}(?=[\w(\[{\\]) | (?<=\s)\*{2,}(?=\s)
    | [^\w\s.,;:?!"'`“”‘’′…\#$*~\\-]
    | (?<![^\W\d_]{2})- | -(?![^\W\d_]{2})
    """,
    re.VERBOSE,
)
_NO_DIGIT = re.compile(r"\D+")
_FORMAL = re.compile(r"\w+|[^\w\s]")


def marked(traces: Sequence[Trace]) -> list[Trace]:
    """Return the traces in their order, `duplicate_of` set by the rule above and by nothing else: what it was does not count.

    For the traces of one problem, stamped with their ids; of several problems, each is on its own. Total and deterministic.
    """
    kept = _kept(traces)
    named = [None if keeper == index else traces[keeper].trace_id for index, keeper in enumerate(kept)]
    return [
        trace if trace.duplicate_of == name else replace(trace, duplicate_of=name)
        for trace, name in zip(traces, named, strict=True)
    ]


def _kept(traces: Sequence[Trace]) -> list[int]:
    """Return for each trace the index of the one kept in its stead, which is its own where it is kept."""
    kept = list(range(len(traces)))
    places = {trace.trace_id: index for index, trace in enumerate(traces)}
    parents = {trace.parent_trace_id for trace in traces}
    order = sorted(range(len(traces)), key=lambda index: _rank(traces[index], parents))

    def label(index: int) -> tuple[object, ...]:
        parent = traces[index].parent_trace_id
        place = None if parent is None else places.get(parent)
        return (*_label(traces[index]), parent if place is None else traces[kept[place]].trace_id)

    for level in _levels(traces, places, order):
        for group in _groups(level, label):
            _compare([traces[index] for index in group], group, kept)
    return kept


def _groups(indices: Iterable[int], key: Callable[[int], Hashable]) -> list[list[int]]:
    """Return those, in their order, that share a key with others."""
    groups = defaultdict(list)
    for index in indices:
        groups[key(index)].append(index)
    return [group for group in groups.values() if len(group) > 1]


def _rank(trace: Trace, parents: set[str | None]) -> tuple[bool | int | str, ...]:
    """Return what sorts the trace that is to be kept first."""
    return (
        trace.trace_id not in parents,
        -sum(map(_labelled, trace.steps)),
        -sum(step.n_rollouts - step.n_undecided for step in trace.steps),
        trace.policy.engine != "reference",
        trace.sample_index,
        trace.generator,
        trace.generator_version,
        trace.trace_id,
    )


def _labelled(step: Step) -> bool:
    if step.stop_reason in ("implied_positive", "after_first_error"):
        return True
    return step.stop_reason != "undecided" and step.n_rollouts > step.n_undecided


def _levels(traces: Sequence[Trace], places: dict[str, int], order: Sequence[int]) -> Iterable[list[int]]:
    """Yield the traces that were made from none of the others, then those made from these, and so on; each level in `order`.

    Duplicates have the same lineage, so they are all on one level. What is made from itself, round some corner, comes last.
    """
    children = defaultdict(list)
    level = []
    for index in order:
        parent = places.get(traces[index].parent_trace_id or "")
        if parent is None:
            level.append(index)
        else:
            children[parent].append(index)
    seen = set()
    position = {index: place for place, index in enumerate(order)}
    while level:
        yield level
        seen.update(level)
        level = sorted((child for index in level for child in children[index]), key=position.__getitem__)
    yield [index for index in order if index not in seen]


def _label(trace: Trace) -> tuple[str | int | None, ...]:
    """Return what duplicates must agree on, besides text and lineage."""
    answer = None if trace.answer is None else " ".join(_tokens(trace.answer, formal=_formal(trace)))
    return (trace.problem_id, trace.domain, trace.role, trace.outcome, trace.status, trace.first_error, answer)


def _formal(trace: Trace) -> bool:
    return trace.domain != "math" and trace.role in ("solution", "revision")


def _digest(tokens: Sequence[str]) -> bytes:
    return hashlib.blake2b("\0".join(tokens).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _is_word(token: str) -> bool:
    """Whether another word may stand in its place."""
    if len(token) < 2 or token in TELLING or not token.isascii():
        return False
    return token.isalpha() or ("'" in token and not token.endswith("n't"))


def _tokens(text: str, *, formal: bool) -> list[str]:
    if formal:
        return _lines(text)
    tokens: list[str] = _PROSE.findall(text.casefold())
    return [token.replace("’", "'").replace(",", "") for token in tokens]


def _lines(text: str) -> list[str]:
    """Return the tokens of lines, each after how deep it stands: spaces are counted only against the lines above."""
    tokens, depths = [], [0]
    for line in text.expandtabs(4).splitlines():
        found = _FORMAL.findall(line)
        if found:
            width = len(line) - len(line.lstrip())
            while width < depths[-1]:
                depths.pop()
            if width > depths[-1]:
                depths.append(width)
            tokens += [f"\n{len(depths)}", *found]
    return tokens


def _compare(traces: Sequence[Trace], places: Sequence[int], kept: list[int]) -> None:
    """Write into `kept`, at `places`, what stands for traces that agree in all but their texts; the preferred come first."""
    formal = _formal(traces[0])
    texts = ["".join(step.text for step in trace.steps) for trace in traces]

    def read(index: int) -> tuple[bytes, bytes]:
        tokens = _tokens(texts[index], formal=formal)
        return _digest(tokens), _digest([token for token in tokens if formal or not _is_word(token)])

    first: dict[Hashable, int] = {}
    stands = [first.setdefault(text, index) for index, text in enumerate(texts)]
    # Digits alone tell most texts apart, at a tenth of what it costs to read their tokens.
    for group in _groups(first.values(), lambda index: _NO_DIGIT.sub("", texts[index])):
        whole, symbols = zip(*map(read, group), strict=True)
        named = dict(zip(group, whole, strict=True))
        for alike in _groups(group, dict(zip(group, symbols, strict=True)).__getitem__):
            distinct: dict[bytes, int] = {}
            for index in alike:
                stands[index] = distinct.setdefault(named[index], index)
            if len(distinct) > 1:
                left = list(distinct.values())
                nearest = _nearest(_tokens(texts[index], formal=formal) for index in left)
                for index, place in zip(left, nearest, strict=False):
                    stands[index] = left[place]
    for index, place in enumerate(places):
        stands[index] = stands[stands[index]]  # what stands for it comes before it, and is settled
        kept[place] = places[stands[index]]


def _nearest(texts: Iterable[Sequence[str]]) -> list[int]:
    """Return for each text the first one before it that is kept and similar enough, its own place where there is none.

    For as many texts, from the first on, as `MOST_TOKENS` leaves room for.
    """
    sets = _shingles(texts)
    rarity = np.bincount(np.concatenate(sets)) if sets else np.zeros(0, np.int64)
    places = list(range(len(sets)))
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for place, own in enumerate(sets):
        rarest = own[np.lexsort((own, rarity[own]))][: len(own) - math.ceil(SIMILAR * len(own)) + 1].tolist()
        candidates = sorted({holder for shingle in rarest for holder in holders.get(shingle, ())})[:COMPARED]
        alike = next((holder for holder in candidates if _similar(own, sets[holder])), None)
        if alike is not None:
            places[place] = alike
            continue
        for shingle in rarest:
            if len(holders[shingle]) < COMPARED:
                holders[shingle].append(place)
    return places


def _similar(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    if min(len(one), len(other)) < SIMILAR * max(len(one), len(other)):
        return False
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common >= SIMILAR * (len(one) + len(other) - common)


def _shingles(texts: Iterable[Sequence[str]]) -> list[NDArray[np.int64]]:
    """Return the distinct runs of `WIDTH` tokens of each text as sorted numbers, exactly: the same number is the same run.

    Of the texts that `_nearest` says. One that is shorter is one run.
    """
    numbers: dict[str, int] = {"": 0}
    flat: list[int] = []
    ends = []
    for text in texts:
        if len(flat) + len(text) > MOST_TOKENS:
            break
        flat += [numbers.setdefault(token, len(numbers)) for token in text]
        flat += [0] * (WIDTH - len(text))
        ends.append(len(flat))
    tokens = np.array(flat, np.int64)
    runs = tokens
    for offset in range(1, WIDTH):
        # Numbers of runs stay below those of places, so that a pair of them fits 64 bits.
        runs = np.unique(runs[:-1] * len(numbers) + tokens[offset:], return_inverse=True)[1]
    return [np.unique(runs[begin : end - WIDTH + 1]) for begin, end in zip([0, *ends], ends, strict=False)]
