"""Is a finished run what it says it is: `run.py` is the way in."""
