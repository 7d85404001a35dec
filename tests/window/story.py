"""The tour's story: what an artist does with Maquette in an afternoon, chapter by chapter. A new feature adds a step to a chapter.

Each step ends with a picture of the whole screen (see `driver.py`). Blender is closed between the sessions.
"""

from __future__ import annotations

from arriving import Arriving
from driver import Step
from editing import Editing
from filming import Filming
from holding import Holding
from looking import Looking
from placing import Placing


class Story(Arriving, Looking, Placing, Editing, Holding, Filming):
    """The whole of it."""

    def sessions(self, only: list[str]) -> list[list[Step]]:
        """The second one begins with the file that the first one saved, the third with a new one.

        A few steps alone begin with a finished model, those of the evening with a stage.
        """
        evening = [
            self.new_file,
            self.drop_one_photo,
            self.through_its_camera,
            self.hide_the_cube,
            self.from_the_side,
            self.move_the_camera,
            self.focus,
            self.fog,
            self.subject,
            self.an_object_with_its_shadow,
            self.leaves_blender,
        ]
        if only and {*only} <= {step.__name__ for step in evening}:
            return [[*evening[:4], *(step for step in evening[4:] if step.__name__ in only)]]
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
        return [morning, afternoon, evening]
