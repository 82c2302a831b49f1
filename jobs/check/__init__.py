"""Judge a file, one module per kind of row: `python -m jobs.check {answers,steps,python,proofs} FILE.jsonl`."""
