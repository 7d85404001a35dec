"""What an artist sees of a run in the window: how much longer it takes, and in the viewport what there is already."""

from __future__ import annotations

import time

from bpy.types import Context

from ..engine.protocol import Event, PreviewEvent
from ..engine.remaining import Remaining
from ..scene.enclosing import enclosing
from ..scene.previews import Previews
from . import progress
from .autosave import Autosave
from .framing import Viewpoints, frame_box

REDRAW_SECONDS = 0.4  # between drawings of the 3D views for news alone, and ten times what one takes: weak cards exist


class Watch:
    """Of one run; `close` takes away all that it shows."""

    def __init__(self, context: Context) -> None:
        self._remaining = Remaining(time.monotonic())
        self._previews = Previews(context.scene.name)
        self._viewpoints = Viewpoints(context)
        self._autosave = Autosave(context, time.monotonic())
        self._framed = self._news = False
        self._draw_after = 0.0

    def hear(self, event: Event) -> None:
        """One of the engine's events."""
        self._remaining.hear(event, time.monotonic())
        if isinstance(event, PreviewEvent):
            self._previews.want(event.what, event.path)

    def tick(self, context: Context) -> None:
        """A few times a second."""
        progress.show_remaining(context, self._remaining.words(time.monotonic()))
        now = time.monotonic()
        self._autosave.tick(context, now)
        self._news |= bool(self._previews.take())
        if not self._news or now < self._draw_after:
            return
        self._news, self._draw_after = False, now + max(REDRAW_SECONDS, 10 * self._previews.draw_seconds)
        box = None if self._framed else self._previews.bounds()
        if box is not None:
            self._framed = True
            middle = self._previews.middle()
            self._previews.in_front = middle is not None and enclosing(context, *middle) is not None
            frame_box(context, *box, self._viewpoints)
        progress.redraw_views(context)

    def close(self, context: Context) -> None:
        """The run is over."""
        self._previews.close()
        progress.redraw_views(context)
