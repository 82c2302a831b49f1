"""Chaos: seeded schedules of faults against the real command line, and what became of every problem."""
