"""From a surface of which a part is not wanted to a mask for every photo."""
