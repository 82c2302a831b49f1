"""What models are asked: one text file per prompt and version, and `catalog.py` that reads them."""
