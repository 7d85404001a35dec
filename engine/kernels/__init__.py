"""What must be fast, each with a NumPy twin; the only folder that knows the compute framework."""
