"""Maquette: photos become 3D, inside Blender."""


def register() -> None:
    """Adds Maquette to Blender. The imports are inside, so that pytest and the engine may import this package."""
    from . import operators, panels, preferences, properties

    done = []
    try:
        for part in (preferences, properties, operators, panels):
            part.register()
            done.append(part)
    except BaseException:  # leave nothing half-registered behind
        for part in reversed(done):
            part.unregister()
        raise


def unregister() -> None:
    """Takes away what `register` added, in reverse order."""
    from . import operators, panels, preferences, properties

    for part in (panels, operators, properties, preferences):
        part.unregister()
