"""Short Python functions over integers, lists and strings: drawn at random, run, explained, mended."""
