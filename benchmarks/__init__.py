"""Speed and memory, as ratios against a peer or a floor measured in the same run.

`make bench` runs them all and writes RESULTS.md; `python -m benchmarks NAME …` runs some.
"""
