"""Read mathematics: LaTeX or plain text -> one typed tree. Never evaluates, never guesses.

`expression.read` is the way in. Text becomes `tokens`; a `cursor` walks over them; `grammar` knows how expressions bind
and asks one module per construct: `numbers`, `letters`, `functions`, `commands`, `brackets`. `quantities` and `lists`
are what may stand around an expression. `vocabulary`, `number_words` and `units` hold the words, `tree` the result.
"""
