"""Words that matter around a calculation; all others are description."""

ENDS = frozenset({
    "and", "or", "but", "is", "are", "was", "were", "be", "been", "being", "has", "have", "had", "so", "then", "if",
    "than", "because", "since", "when", "while", "where", "that", "which", "who", "as", "equals", "equal", "gives",
    "give", "gave", "makes", "make", "made", "get", "gets", "got", "becomes", "become", "will", "would", "can",
    "could", "means", "mean", "leaves", "leave", "left", "to", "from", "twice", "thrice", "double", "triple",
    "half", "quarter", "third", "more", "less", "fewer", "times", "plus", "minus", "over", "divided", "multiplied",
    "subtract", "subtracted", "added", "of", "mod", "modulo", "remainder", "squared", "cubed", "root", "first",
    "second", "let", "assume", "suppose", "we", "he", "she", "they", "it",
})  # fmt: skip
"""A number before one of these is not followed by its unit: `5 more`, `10 is`, `3 times`."""

CHANGES = frozenset({
    "twice", "thrice", "double", "triple", "half", "third", "quarter", "thirds", "quarters", "fourth", "fourths",
    "fifth", "fifths", "sixth", "eighth", "tenth", "times", "plus", "minus", "over", "less", "more", "fewer",
    "than", "mod", "modulo", "negative", "divided", "multiplied", "squared", "cubed", "subtract", "without",
    "percent", "dozen", "hundred", "thousand", "million", "billion", "root",
})  # fmt: skip
"""A calculation after one of these may be cut from a longer one: `twice 5 + 3`, `3 more than 4 * 2`."""

SCALES = {
    "dozen": 12, "dozens": 12, "hundred": 100, "thousand": 1_000, "thousands": 1_000, "million": 10**6, "billion": 10**9,
    "trillion": 10**12, "k": 1_000,
}  # fmt: skip

ROUNDED = frozenset({
    "about", "approximately", "approx", "approximate", "roughly", "nearly", "almost", "nearest", "rounded",
    "rounding", "estimate", "estimated", "estimates", "closest",
})  # fmt: skip
"""In a step with one of these a whole number may stand for one that is not."""

ROUNDS = frozenset({"to", "up", "down", "off", "it", "this", "that", "the", "our", "your", "each", "both", "half"})
"""What is rounded, or how."""

OPERATORS = {"times": "*", "plus": "+", "minus": "-"}
BY = {"multiplied": "*", "divided": "/"}
"""Operators with `by` after them."""

FUNCTION_WORDS = frozenset(
    {"sqrt", "sin", "cos", "tan", "log", "ln", "pi", "exp", "abs", "floor", "ceil", "gcd", "lcm"}
)

DETERMINERS = frozenset({
    "the", "his", "her", "their", "its", "my", "our", "your", "those", "these", "that", "all",
})  # fmt: skip
"""What may stand between `of` and a number: 20% of the 50."""

PHRASES = frozenset({
    "/", "-", "per", "each", "every", "for", "a", "an", "in",
})  # fmt: skip
"""Three words or more before an equals sign describe the number before them if one of these is among them."""

BARS = ENDS - {*OPERATORS, *BY, *DETERMINERS, "of", "and"}
"""No side goes on over one of these."""

OTHER_COUNTS = frozenset({
    "pair", "boxe", "box", "pack", "package", "packet", "set", "bag", "case", "carton", "bundle", "crate", "roll", "bunche",
    "bunch", "couple", "row", "group", "team", "monthly", "weekly", "daily", "hourly", "yearly", "annually", "annual",
    "nightly", "apiece", "both", "double", "month", "week", "year", "per", "each", "every",
})  # fmt: skip
"""A term with one of these, which the result has not, may count for more than its number. Without the s of a plural."""

DENIALS = frozenset({
    "false", "contradiction", "contradicts", "contradictory", "incorrect", "impossible", "untrue", "wrong",
    "mistake", "fails", "invalid", "absurd", "no",
})  # fmt: skip
"""An equation with one of these just before or after it is not claimed."""

DENIED = frozenset({
    "true", "possible", "valid", "correct", "right", "equal", "hold", "satisfied", "work", "allowed", "what",
})  # fmt: skip
"""Nor is one with `not` and one of these just after it."""

SUPPOSED = frozenset({
    "suppose", "assume", "supposing", "assuming", "whether", "unless", "claims", "claimed", "guess", "instead",
})  # fmt: skip
