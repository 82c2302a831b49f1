"""Is it right: (problem, text) -> Verdict; deterministic, total, killable.

One module per verifier: `answers.py`; `catalog.py` says which domain uses which, `workers.py` runs them with a deadline.
`math_text/` reads mathematics, `equality/` compares it, `final_answer.py` finds the answer in a solution, `steps/` judges
what its steps claim, `families/` has exact truth about them.
This is not the PyPI package of the same name: it is imported from the root of this repository and never installed.
"""
