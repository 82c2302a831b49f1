"""The names that the grammar knows: constants, letters, functions with one argument, and short words that are no product."""

from verifiers.math_text.tree import FUNCTIONS

NAMED: dict[str, str] = {"pi": "pi", "infty": "inf", "infinity": "inf", "inf": "inf", "oo": "inf"}
UNIT_VECTORS = {"ivector": "vector i", "jvector": "vector j", "kvector": "vector k"}
ACCENTS = frozenset({"overline", "bar", "hat", "widehat", "tilde", "dot", "ddot", "overrightarrow", "widetilde"})
GREEK = frozenset({
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Sigma", "Phi", "Psi", "Omega", "ell",
})  # fmt: skip
ALIASES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log", "arsinh": "arcsinh", "asinh": "arcsinh",
    "arcosh": "arccosh", "acosh": "arccosh", "artanh": "arctanh", "atanh": "arctanh",
}  # fmt: skip
DERIVED = frozenset({"cis", "coth", "sech", "csch", "arcsinh", "arccosh", "arctanh", "arcsec", "arccsc"})
"""Functions that the reader writes out in terms of others."""
CALLABLE = (FUNCTIONS | DERIVED) - {"pm", "mp"}
UNARY = CALLABLE - {"root", "factorial", "binomial", "min", "max", "gcd", "lcm", "sqrt"}
FRACTIONS = frozenset({"\\frac", "\\dfrac", "\\tfrac", "\\cfrac"})
BINOMIALS = frozenset({"\\binom", "\\dbinom", "\\tbinom"})
ROMAN = frozenset({"II", "III", "IV", "VI", "VII", "VIII", "IX", "XI", "XII"})
"""Labels of statements: `IV` is no product I V where nothing stands beside it."""
AND = frozenset({"and", "or"})
SHORT_WORDS = frozenset({
    "no", "yes", "ok", "am", "pm", "is", "it", "to", "of", "on", "in", "at", "as", "by", "if", "so", "we", "he", "do",
    "go", "up", "us", "an", "my", "or", "sq", "cu",
})  # fmt: skip
