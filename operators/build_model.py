"""Build a model from the chosen photos: the engine works in a process of its own, the window stays usable."""

from __future__ import annotations

from bpy.types import Context, Operator

from .model_operator import ModelOperator
from .request import Request, request_of


class MAQUETTE_OT_build_model(ModelOperator, Operator):
    """Turn the photos into a textured mesh with its cameras"""

    bl_idname = "maquette.build_model"
    bl_label = "Build Model"

    def request(self, context: Context) -> Request:
        return request_of(context)
