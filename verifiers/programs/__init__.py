"""What programs are judged by: expected values and assert-style tests, and how far those tests can be trusted.

`compare.py` holds a returned value against an expected one; `examine.py` runs tests in a process of their own
(`tests_process.py` is what runs there); `mutants.py`, `inputs.py` and `gate.py` measure what a problem's tests notice;
`bugs.py` plants mutants into a program's own text, for reviews (`reviews.py`) to find.
"""
