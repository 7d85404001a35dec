"""The optional pack: which libraries it has, how they are reached, and how the files that they open are checked first."""
