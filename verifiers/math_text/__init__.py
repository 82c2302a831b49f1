"""Read mathematics: LaTeX or plain text -> one typed tree. Never evaluates, never guesses.

`expression.read` is the way in. `notations` rewrites what has no tokens of its own; text becomes `tokens`; a `cursor`
walks over them; `grammar` knows how expressions bind and asks one module per construct: `numbers`, `letters`,
`functions`, `commands`, `binders`, `brackets`. `quantities`, `sets` and `lists` are what may stand around an expression.
`vocabulary`, `number_words` and `units` hold the words, `tree` the result.
"""
