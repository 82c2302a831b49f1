"""What the proof policy learns from: theorems and their proofs, in every question that the generators ask about them.

The same theorem is on the same side of the split in whatever question it comes. Nothing slips on purpose: where the way has to be
found the policy errs enough. Prose that belongs to another theorem comes with the theorem's own proof, so that the policy looks
whether what it reads fits, and does no worse with prose that does not than without any.

To prove is mostly to copy names, and a name says nothing of itself: without drills a network of this size named hypotheses
no better than by chance after a thousand steps of 64 texts; drills alone are learnt in two hundred. So they come first, alone,
and stay among the rest.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random

from generators.prompts import catalog as prompts
from generators.prose import verbaliser
from pipeline.families import implications, orders
from pipeline.families.catalog import side_of
from pipeline.families.theorems.mistakes import mistake
from pipeline.families.theorems.theorem import HYPOTHESES, Theorem, shown
from pipeline.training.code_corpus import FAMILY
from schemas import ids
from verifiers.lean import goal_text

Example = tuple[str, str]
"""(what is asked, what is written), without the template around the question."""
Writer = Callable[[Theorem, Random], Example | None]

NAMES = ("implications", "orders")
_DRAW: dict[str, tuple[Callable[[Random, int], Theorem], Sequence[int]]] = {
    "implications": (implications.draw, implications.DIFFICULTIES),
    "orders": (orders.draw, orders.DIFFICULTIES),
}
_DRILLS = 16_000
_DRILLED = 0.1
"""Drills at the beginning; their share of all that comes after."""
_UNRELATED = 0.12
"""Of the prose that comes with a theorem, what belongs to another."""
_NAMED = 2
"""The phrasings of a statement that name its hypotheses come first: from the others nobody could write these names."""
_CUT = 0.4
"""Of the prose, what stops before the end."""


def examples(slip_rate: float, seed: int) -> Iterator[Example]:
    """Yield drills, then examples about theorems of the train split without end; `slip_rate` does nothing here."""
    rng = Random(ids.seed(seed, "proof corpus"))
    writers, weights = zip(*_WRITERS, strict=True)
    for _ in range(_DRILLS):
        yield _drill(rng)
    while True:
        if rng.random() < _DRILLED:
            yield _drill(rng)
            continue
        theorem = _drawn(rng)
        if side_of(theorem.statement) != "train":
            continue
        example = rng.choices(writers, weights)[0](theorem, rng)
        if example is not None:
            yield example


def _drawn(rng: Random) -> Theorem:
    draw, difficulties = _DRAW[rng.choices(NAMES, (0.6, 0.4))[0]]
    return draw(rng, rng.choice((1, *difficulties)))


def _drill(rng: Random) -> Example:
    """Ask for names to be copied, in one of the forms in which texts about proofs hold them."""
    names = rng.sample(HYPOTHESES, rng.randint(1, 6))
    kind = rng.randrange(4)
    if kind == 0:
        return " ".join(names), "exact " + " ".join(names)
    if kind == 1:
        return f"Step: exact {' '.join(names)}\nSay:", " with ".join(f"`{name}`" for name in names)
    if kind == 2:
        told = "\n".join(f"By `{name}`." for name in names)
        return f"{told}\nProof:", "\n".join(f"apply {name}" for name in names)
    said = [(name, rng.choice("abcdefgpqrstuvw")) for name in names]
    binders = " ".join(f"({name} : {letter})" for name, letter in said)
    return binders, "\n".join(f"{name} : {letter}" for name, letter in said)


def _prove(theorem: Theorem, rng: Random) -> Example:
    return theorem.statement, "\n".join(theorem.lines)


def _formalise(theorem: Theorem, rng: Random) -> Example:
    """Ask for the proof that prose tells, often for one of which only a beginning is told."""
    told = _drawn(rng) if rng.random() < _UNRELATED else theorem
    prose = _told(told, rng)
    if rng.random() < _CUT:
        prose = prose[: rng.randint(0, len(prose) - 1)]
    question = _asked("formalise", problem=theorem.statement, prose="\n".join(prose))
    return question, "\n".join(theorem.lines)


def _told(theorem: Theorem, rng: Random) -> list[str]:
    """Return the proof in prose: in the verbaliser's words, or each line in its own."""
    if rng.random() < 0.5:
        return theorem.prose()
    states = [shown(goals) for goals in theorem.states()]
    return [
        verbaliser.sentence(line, states[index], states[index + 1], rng.randrange(verbaliser.VARIANTS))
        for index, line in enumerate(theorem.lines)
    ]


def _tactic(theorem: Theorem, rng: Random) -> Example:
    step = rng.randrange(len(theorem.lines))
    return _asked("tactic", state=goal_text.shown(shown(theorem.states()[step]))), theorem.lines[step]


def _translate(theorem: Theorem, rng: Random) -> Example:
    step = rng.randrange(len(theorem.lines))
    line, states = theorem.lines[step], theorem.states()
    before, after = shown(states[step]), shown(states[step + 1])
    question = _asked("translate", state=goal_text.shown(before), tactic=line, after=goal_text.news(before, after))
    return question, verbaliser.sentence(line, before, after, rng.randrange(verbaliser.VARIANTS))


def _diagnose(theorem: Theorem, rng: Random) -> Example | None:
    goals = rng.choice(theorem.states()[:-1])
    found = mistake(goals[0], rng)
    if found is None:
        return None
    tactic, error = found
    question = _asked("diagnose", state=goal_text.shown(shown(goals)), tactic=tactic, error=goal_text.brief(error))
    return question, verbaliser.failure(tactic, shown(goals), error, rng.randrange(verbaliser.VARIANTS))


def _informal(theorem: Theorem, rng: Random) -> Example:
    informal = verbaliser.statement(theorem.statement, rng.randrange(verbaliser.VARIANTS))
    return _asked("informal", problem=theorem.statement), informal


def _formal(theorem: Theorem, rng: Random) -> Example:
    informal = verbaliser.statement(theorem.statement, rng.randrange(_NAMED))
    return _asked("formal", informal=informal), theorem.statement


_WRITERS: tuple[tuple[Writer, float], ...] = (
    (_prove, 0.14),
    (_formalise, 0.34),
    (_tactic, 0.13),
    (_translate, 0.15),
    (_diagnose, 0.06),
    (_informal, 0.08),
    (_formal, 0.10),
)


def _asked(part: str, **fields: str) -> str:
    return prompts.default(part, FAMILY).filled(**fields)
