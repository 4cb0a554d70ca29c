"""Pages of runs: the list, one run over time, what happened in words, and what may be done."""
