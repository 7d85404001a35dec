"""Whether photos will make a model, and what to shoot instead: verdicts in words, from what the other stages measured."""
