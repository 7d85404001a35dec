"""Maquette: photos become 3D, inside Blender."""


def register() -> None:
    """Adds Maquette to Blender. The imports are inside, so that pytest and the engine may import this package."""


def unregister() -> None:
    """Takes away what `register` added, in reverse order."""
