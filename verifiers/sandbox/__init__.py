"""Run untrusted Python and believe nothing it says: inputs go in, plain values come out, nothing here knows what is right.

`pool.py` is the way in. A worker's zygote forks a fresh child per program (`zygote.py`, `child.py`) behind every wall that the
kernel offers (`layers.py` finds out which); the parent (`worker.py`) keeps the time and reads what comes back as `values.py`
allows. Standard library only.
"""
