"""What can be wrong in the scene."""


class ModelError(Exception):
    """Something about the model in the scene, in one sentence for the artist."""
