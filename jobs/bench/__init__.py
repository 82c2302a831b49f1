"""Benchmarks that anyone can run: `python -m jobs.bench NAME`; the last line of each is JSON."""
