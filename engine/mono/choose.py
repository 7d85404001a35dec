"""Settings ─► the provider of depth that they name."""

from __future__ import annotations

import importlib

from ..errors import EngineError, Exit
from ..settings import MonoSettings
from .cards import card_of
from .embedded import Embedded
from .guess import Provider


def provider_of(settings: MonoSettings) -> Provider:
    """The embedded network, or one of the user's: `providers/LIBRARY.py` has `open_provider(card, settings)`.

    Their libraries are large and may be absent: they are imported only here, and only when they are asked for.
    """
    card = card_of(settings.provider)
    if card.embedded:
        return Embedded(settings.weights)
    name = f"{__package__}.providers.{card.library.value}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise EngineError(
            "no_library",
            f"{card.title} needs the library {card.library.value}, which is not here.",
            exit_code=Exit.ENVIRONMENT,
            advice="Add the PyTorch pack in Maquette's preferences, or use the embedded network.",
        ) from error
    provider: Provider = module.open_provider(card, settings)
    return provider
