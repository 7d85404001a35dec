"""Real size: printed markers in the photos, and the sheets to print them."""
