"""Is it right: (problem, text) -> Verdict; deterministic, total, killable.

One module per verifier: `answers.py`; `catalog.py` says which domain uses which, `workers.py` runs them with a deadline.
Whether two answers are equal: `structure.py` by their parts, `equality.py` for expressions, asking `exact.py`,
`numeric.py` and `symbolic.py` in this order. `math_text/` reads mathematics, `final_answer.py` finds the answer in a
solution, `families/` has exact truth about steps.
This is not the PyPI package of the same name: it is imported from the root of this repository and never installed.
"""
