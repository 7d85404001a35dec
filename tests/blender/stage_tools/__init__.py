"""The tools of a stage, on the made-up stage."""
