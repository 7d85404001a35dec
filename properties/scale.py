"""What an artist says about sizes: the markers in the photos, the card in a photo, whether to centre."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty
from bpy.types import PropertyGroup


class MAQUETTE_PG_scale(PropertyGroup):
    """Scale and ground."""

    use_markers: BoolProperty(
        name="Markers",
        description="Printed markers (ArUco or AprilTag) lie in the photos: the model takes its real size from them",
    )
    marker_size: FloatProperty(
        name="Marker Size",
        description="The side of a marker's black square, as it was printed",
        subtype="DISTANCE",
        unit="LENGTH",
        default=0.05,
        min=1e-4,
        soft_max=1.0,
        precision=4,
    )
    markers_on_floor: BoolProperty(
        name="On the Ground", description="The markers lie flat on the ground: it becomes z = 0"
    )
    reference: EnumProperty(
        name="What",
        description="What lies in the photo",
        items=[
            ("CARD", "Card", "A bank or identity card, 85.60 × 53.98 mm"),
            ("A4", "A4 Sheet", "A sheet of paper, 297 × 210 mm"),
            ("LETTER", "Letter Sheet", "A sheet of paper, 11 × 8.5 inches"),
            ("CUSTOM", "Other", "Something rectangular of a size that you know"),
        ],
    )
    width: FloatProperty(name="Width", subtype="DISTANCE", unit="LENGTH", default=0.1, min=1e-4, precision=4)
    height: FloatProperty(name="Height", subtype="DISTANCE", unit="LENGTH", default=0.1, min=1e-4, precision=4)
    paper: EnumProperty(
        name="Paper", items=[("A4", "A4", "210 × 297 mm"), ("LETTER", "Letter", "8.5 × 11 inches")], default="A4"
    )
    centre: BoolProperty(name="Centre", description="Also put the model's middle above the world's origin")


register, unregister = bpy.utils.register_classes_factory((MAQUETTE_PG_scale,))
