"""Benchmarks: they run sets with known truth, print a table per stage and save JSON."""
