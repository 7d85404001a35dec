"""Tests of the optional PyTorch pack: in an environment of their own, `python3 dev.py pack-test`."""
