"""The tour's story: what an artist does with Maquette in an afternoon, chapter by chapter. A new feature adds a step to a chapter.

Each step ends with a picture of the whole screen (see `driver.py`). Blender is closed between the sessions.
"""

from __future__ import annotations

from arriving import Arriving
from driver import Step
from editing import Editing
from holding import Holding
from looking import Looking
from placing import Placing


class Story(Arriving, Looking, Placing, Editing, Holding):
    """The whole of it."""

    def sessions(self, only: list[str]) -> list[list[Step]]:
        """The second one begins with the file that the first one saved. A few steps alone begin with a finished model."""
        if only:
            return [[self.empty, self.import_the_seed, *(getattr(self, name) for name in only)]]
        morning = [
            self.empty,
            self.drop_photos,
            self.check_photos,
            self.watch_and_cancel,
            self.region_box,
            self.save_and_quit,
        ]
        afternoon = [
            self.open_again,
            self.resume,
            self.model,
            self.look_through,
            self.coverage,
            self.masks,
            self.set_scale,
            self.card,
            self.gestures,
            self.lay_on_floor,
            self.sculpt_a_dent,
            self.retexture,
            self.moved_copy,
            self.make_the_asset,
            self.a_million_faces,
            self.undo_is_one_step,
            self.preferences,
            self.failures,
            self.disable_and_load,
        ]
        return [morning, afternoon]
