"""What an artist sees: the sidebar's tab in the 3D view. No logic."""

from __future__ import annotations

import bpy

from .model import MAQUETTE_PT_model
from .options import MAQUETTE_PT_options
from .result import MAQUETTE_PT_result

register, unregister = bpy.utils.register_classes_factory((MAQUETTE_PT_model, MAQUETTE_PT_options, MAQUETTE_PT_result))
