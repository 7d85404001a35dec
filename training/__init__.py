"""Makes the embedded depth network from made-up scenes: see README.md. Never in the zip; needs PyTorch."""
