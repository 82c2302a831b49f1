"""Functions that somebody else wrote, with inputs and tests, made into questions: what they return, for what, and how they are
written.
"""
