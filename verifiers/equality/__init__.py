"""Do two answers mean the same? `structure.py` is the way in: it compares what has parts and asks for their expressions.

`tiers.py` says whether two expressions are equal: `exact.py`, confirmed by `doubles.py`; then `numeric.py`; then, in a
worker process only, `symbolic.py`. What mathematics leaves open is in `rules.py`.
"""
