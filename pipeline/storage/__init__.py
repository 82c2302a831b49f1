"""Where a run lies: a folder of a disk or of an object store, behind one set of operations (`folder.py`)."""
