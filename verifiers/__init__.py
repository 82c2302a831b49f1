"""Is it right: (problem, text) -> Verdict; deterministic, total, killable.

One module per verifier (`catalog.py` says which domain uses which), and `workers.py` to run them with a deadline.
This is not the PyPI package of the same name: it is imported from the root of this repository and never installed.
"""
