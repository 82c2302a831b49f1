"""The names that the grammar knows: constants, letters, functions with one argument, and short words that are no product."""

from verifiers.math_text.tree import FUNCTIONS

NAMED = {"pi": "pi", "infty": "inf", "infinity": "inf", "inf": "inf", "oo": "inf"}
GREEK = frozenset({
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Sigma", "Phi", "Psi", "Omega", "ell",
})  # fmt: skip
ALIASES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log"}
CALLABLE = (FUNCTIONS | {"cis"}) - {"pm", "mp"}
UNARY = CALLABLE - {"root", "factorial", "binomial", "min", "max", "gcd", "lcm", "sqrt"}
FRACTIONS = frozenset({"\\frac", "\\dfrac", "\\tfrac", "\\cfrac"})
BINOMIALS = frozenset({"\\binom", "\\dbinom", "\\tbinom"})
AND = frozenset({"and", "or"})
SHORT_WORDS = frozenset({
    "no", "yes", "ok", "am", "pm", "is", "it", "to", "of", "on", "in", "at", "as", "by", "if", "so", "we", "he", "do",
    "go", "up", "us", "an", "my", "or",
})  # fmt: skip
