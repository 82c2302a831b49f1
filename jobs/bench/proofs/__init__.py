"""`python -m jobs.bench proofs`: a run of proofs and their prose, everything in it re-checked from the rows alone."""
