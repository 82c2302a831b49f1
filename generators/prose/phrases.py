"""How the verbaliser says things: four phrasings of each kind of step. The first is the verbaliser's own.

Fields hold formal text between backquotes. Sentences are short and their words few: the policy that learns them is small. Cues
such as `to show`, `show`, `the goal`, `as` say what a formula is, and `verifiers/prose.py` reads them.
"""

from collections.abc import Sequence

VARIANTS = 4

STEPS: dict[str, tuple[str, ...]] = {
    # {goal} was to be shown, {goals} are to be shown now, {term} is used, {items} are new hypotheses.
    "intro": (
        "Assume {items}; show {goals}.",
        "Suppose {items}. Now show {goals}.",
        "Assume {items}; it is enough to show {goals}.",
        "Introduce {items}. The goal becomes {goals}.",
    ),
    "take": (
        "Take {items}; show {goals}.",
        "Let {items} be given. Now show {goals}.",
        "Take {items}; it is enough to show {goals}.",
        "Introduce {items}. The goal becomes {goals}.",
    ),
    "is": (
        "{term} is {goal}, the goal.",
        "The goal {goal} is {term}.",
        "We have {goal} by {term}, as required.",
        "{term} closes the goal {goal}.",
    ),
    "exact": (
        "{term} gives {goal}, the goal.",
        "The goal {goal} follows from {term}.",
        "We have {goal} by {term}, as required.",
        "{term} closes the goal {goal}.",
    ),
    "apply": (
        "By {term}, to show {goal} show {goals}.",
        "Apply {term}: to show {goal} it is enough to show {goals}.",
        "To show {goal}, by {term}, it suffices to show {goals}.",
        "{term} reduces the goal {goal} to {goals}.",
    ),
    "apply closes": (
        "Apply {term} to get {goal}, the goal.",
        "Apply {term}: the goal {goal} holds.",
        "Applying {term} gives {goal}, as required.",
        "{term} applies and closes the goal {goal}.",
    ),
    "constructor": (
        "To show {goal} show {goals}.",
        "Split the goal {goal}: show {goals}.",
        "For {goal} it is enough to show {goals}.",
        "Take the goal {goal} apart. Now show {goals}.",
    ),
    "side": (
        "To show {goal} show its {side} side {goals}.",
        "Go {side}: to show {goal} show {goals}.",
        "For {goal} it is enough to show the {side} side {goals}.",
        "Choose the {side} side. The goal {goal} becomes {goals}.",
    ),
    "obtain": (
        "{term} gives {items}.",
        "From {term} get {items}.",
        "Take {term} apart: {items}.",
        "By {term} we have {items}.",
    ),
    "have": (
        "{term} gives {items}.",
        "From {term} get {items}.",
        "Have {items}, by {term}.",
        "By {term} we have {items}.",
    ),
    "cases": (
        "{term}: either {either}; show {goals} in both cases.",
        "Split {term} into cases: either {either}. Show {goals} in both.",
        "By {term} there are cases: {either}. In each show {goals}.",
        "Case on {term}: either {either}. The goal is still {goals}.",
    ),
    "exfalso": (
        "To show {goal} show {goals}.",
        "For {goal} it is enough to show {goals}, a contradiction.",
        "Show a contradiction: the goal {goal} becomes {goals}.",
        "Replace the goal {goal} by {goals}.",
    ),
    "rewrite": (
        "Rewrite with {term}: the goal {goal} becomes {goals}.",
        "Rewriting with {term}, to show {goal} show {goals}.",
        "Rewrite the goal {goal} with {term}. Now show {goals}.",
        "By {term}, the goal {goal} becomes {goals}.",
    ),
    "rewrite closes": (
        "Rewrite with {term}: the goal {goal} holds.",
        "Rewriting with {term} closes the goal {goal}.",
        "Rewrite the goal {goal} with {term}, and it holds.",
        "By {term} rewriting gives {goal}, the goal.",
    ),
    # Any other tactic, by what it does.
    "closes": (
        "{term} closes the goal {goal}.",
        "By {term}, the goal {goal} holds.",
        "We have {goal} by {term}, as required.",
        "{term} gives {goal}, the goal.",
    ),
    "changes": (
        "{term} turns the goal {goal} into {goals}.",
        "By {term}, the goal {goal} becomes {goals}.",
        "By {term}, to show {goal} show {goals}.",
        "To show {goal}, by {term}, it is enough to show {goals}.",
    ),
    "adds": (
        "{term} gives {items}.",
        "By {term} we have {items}.",
        "From {term} get {items}.",
        "Have {items}, by {term}.",
    ),
    "adds and changes": (
        "{term} gives {items}; show {goals}.",
        "By {term} we have {items}. Now show {goals}.",
        "From {term} get {items}; it is enough to show {goals}.",
        "Have {items}, by {term}. The goal becomes {goals}.",
    ),
    "keeps": (
        "{term} leaves the goal {goals}.",
        "After {term} the goal is still {goals}.",
        "By {term}, the goal is still {goals}.",
        "{term} does not change the goal {goals}.",
    ),
    "turns": (
        "{term} turns to the goal {goals}.",
        "By {term}, next show {goals}.",
        "After {term} the next goal is {goals}.",
        "{term}: now show {goals}.",
    ),
}

LEFT = (" Next show {left}.", " That leaves {left}.", " It remains to show {left}.", " The next goal is {left}.")
DONE = (" Done.", " Nothing is left.", " Done.", " That ends the proof.")

FAILURES: dict[str, tuple[str, ...]] = {
    "mismatch": (
        "{term} does not fit: it proves {has}, and {wanted} is to be shown.",
        "{wanted} is to be shown, but {term} proves {has}.",
        "{term} is {has}, not {wanted}.",
        "The goal is {wanted}; {term} only gives {has}.",
    ),
    "argument": (
        "{argument} does not fit in {term}: it is {has}, and {wanted} is needed.",
        "In {term}, {wanted} is needed, but {argument} is {has}.",
        "{term} fails: {argument} is {has}, not {wanted}.",
        "{argument} is {has}, so {term} cannot be: it needs {wanted}.",
    ),
    "apply": (
        "{term} does not apply: it gives {has}, and {wanted} is to be shown.",
        "{wanted} is to be shown, but {term} ends in {has}.",
        "The goal {wanted} is not what {term} gives, which is {has}.",
        "{term} cannot be applied: {has} is not the goal {wanted}.",
    ),
    "unknown": (
        "There is no {term} here.",
        "{term} is not known here.",
        "Nothing here has the name {term}.",
        "{term} does not exist.",
    ),
    "goal shape": (
        "{term} does not work on the goal {goal}.",
        "The goal {goal} has no form that {term} can use.",
        "{term} fails, as the goal {goal} has another form.",
        "The goal is {goal}, which {term} cannot take apart.",
    ),
    "intro": (
        "The goal {goal} has nothing to assume.",
        "Nothing can be assumed: the goal is {goal}.",
        "{goal} is no implication, so there is nothing to introduce.",
        "There is nothing to introduce in the goal {goal}.",
    ),
    "parts": (
        "{term} is {has}, which has no parts.",
        "{term} cannot be taken apart: it is {has}.",
        "As {term} is {has}, it does not split.",
        "{has}, which is {term}, cannot be split.",
    ),
    "function": (
        "{term} is {has} and takes no argument {argument}.",
        "{term} cannot be used with {argument}: it is {has}.",
        "{argument} cannot be given to {term}, which is {has}.",
        "As {term} is {has}, it does not take {argument}.",
    ),
    "equation": (
        "{term} is {has}, no equation to rewrite with.",
        "One cannot rewrite with {term}: it is {has}.",
        "{has}, which is {term}, is no equation.",
        "As {term} is {has}, it rewrites nothing.",
    ),
    "pattern": (
        "{has} does not occur in {wanted}, so nothing is rewritten.",
        "There is no {has} in {wanted} to rewrite.",
        "{wanted} has no {has} in it.",
        "Nothing in {wanted} is {has}.",
    ),
    "stuck": (
        "{term} does not close the goal {goal}.",
        "{term} does nothing for the goal {goal}.",
        "The goal {goal} is not shown by {term}.",
        "{term} fails on the goal {goal}.",
    ),
    "nothing left": (
        "No goal is left for {term}.",
        "Nothing is left to show, so {term} fails.",
        "The proof is done before {term}.",
        "{term} has no goal to work on.",
    ),
    "syntax": (
        "{term} cannot be read: {why}.",
        "{term} is not well formed: {why}.",
        "Lean cannot read {term}: {why}.",
        "{term} is no tactic: {why}.",
    ),
    "other": (
        "{term} fails on the goal {goal}: {why}.",
        "The goal {goal} is not shown by {term}: {why}.",
        "{term} does not show {goal}: {why}.",
        "On the goal {goal}, {term} fails: {why}.",
    ),
}


def ticked(text: str) -> str:
    """Return formal text between backquotes, on one line."""
    return f"`{' '.join(text.replace('`', ' ').split())}`"


def listed(items: Sequence[str], last: str = " and ") -> str:
    """Return `a, b and c`."""
    return last.join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def said(table: dict[str, tuple[str, ...]], kind: str, variant: int, **fields: str) -> str:
    """Return the sentence of a kind in one phrasing; a first word keeps its case."""
    return table[kind][variant % VARIANTS].format(**fields)
