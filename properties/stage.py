"""What an artist sets for a stage made of one photo; and, once it is there, its lens, its distance and what of it is shown."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy.types import Context, PropertyGroup

from ..engine.mono.cards import CARDS, EMBEDDED, Card
from ..engine.settings import Back, Filler, LayerSettings, ReliefSettings, Sky
from ..scene import overlay
from ..scene.errors import ModelError
from ..scene.stage.camera import distance_of, set_distance, set_focal
from ..scene.stage.find import FOCAL, StageInScene, active_stage
from ..scene.stage.layers import are_layers_shown, show_layers
from ..scene.stage.material import lit_share, relight

_RELIEF, _LAYERS = ReliefSettings(), LayerSettings()
_LIVE = {"SKIP_SAVE"}  # says what the scene holds, and is not kept beside it


def _card_item(card: Card) -> tuple[str, str, str]:
    use = card.licence if card.commercial else f"{card.licence}: not for commercial work"
    return card.name, card.title, f"{card.good_at} {use}"


_PROVIDERS = [_card_item(card) for card in CARDS]


def _other_photo(settings: MAQUETTE_PG_stage, context: Context) -> None:
    """What was known of the last photo is not known of this one."""
    settings.focal = settings.distance = 0.0


def _stage(settings: PropertyGroup) -> StageInScene | None:
    try:
        return active_stage(bpy.context)
    except ModelError:
        return None


def _get_lens(settings: PropertyGroup) -> float:
    stage = _stage(settings)
    return float(stage.relief.data.get(FOCAL, 0.0)) if stage is not None else 0.0


def _set_lens(settings: PropertyGroup, value: float) -> None:
    stage = _stage(settings)
    if stage is not None and FOCAL in stage.relief.data:
        set_focal(stage, value)
        settings.focal = value  # the next run of this photo keeps it


def _get_reach(settings: PropertyGroup) -> float:
    stage = _stage(settings)
    return distance_of(stage) if stage is not None else 0.0


def _set_reach(settings: PropertyGroup, value: float) -> None:
    stage = _stage(settings)
    if stage is not None and value > 0:
        set_distance(stage, value)
        settings.distance = value


def _get_lit(settings: PropertyGroup) -> float:
    stage = _stage(settings)
    return lit_share(stage.relief) if stage is not None else 0.0


def _set_lit(settings: PropertyGroup, value: float) -> None:
    stage = _stage(settings)
    if stage is not None:
        relight((thing for thing in stage.meshes if thing != stage.sky), value)


def _get_shown(settings: PropertyGroup) -> int:
    stage = _stage(settings)
    return int(stage is not None and are_layers_shown(stage))


def _set_shown(settings: PropertyGroup, value: int) -> None:
    stage = _stage(settings)
    if stage is not None:
        show_layers(stage, value == 1)


def _get_invented(settings: PropertyGroup) -> bool:
    stage = _stage(settings)
    return stage is not None and overlay.shown(stage.relief) == "FILLED"


def _set_invented(settings: PropertyGroup, value: bool) -> None:
    stage = _stage(settings)
    for thing in stage.meshes if stage is not None else ():
        overlay.show(thing, "FILLED" if value and overlay.has(thing.data, "FILLED") else None)


class MAQUETTE_PG_stage(PropertyGroup):
    """A stage from one photo."""

    photo: StringProperty(
        name="Photo", description="The one photo that the stage is made of", subtype="FILE_PATH", update=_other_photo
    )
    provider: EnumProperty(
        name="Depth from",
        description="The network that reads depth from the photo. Maquette's own works at once; for others you choose their file",
        items=_PROVIDERS,
        default=EMBEDDED,
    )
    weights: StringProperty(
        name="Weights",
        description="That network's file or folder, which you have downloaded. Empty: looked for in the networks folder",
        subtype="FILE_PATH",
    )
    focal: FloatProperty(
        name="Lens",
        description="The lens that the photo was taken with, in millimetres on 35 mm film. 0: read from the photo",
        min=0.0,
        max=2000.0,
        soft_max=200.0,
        step=100,
        precision=1,
        subtype="DISTANCE_CAMERA",
        unit="CAMERA",
    )
    distance: FloatProperty(
        name="Distance",
        description="From the camera to what is in the middle of the picture: gives the stage its real size. 0: not known",
        min=0.0,
        max=100_000.0,
        subtype="DISTANCE",
        unit="LENGTH",
    )
    faces: IntProperty(
        name="Faces",
        description="The relief's budget of triangles. Flat areas cost little",
        min=100,
        max=5_000_000,
        default=_RELIEF.faces,
        step=10_000,
    )
    tear: FloatProperty(
        name="Tear",
        description="How readily the sheet tears where depth jumps: 0 never, 2 at small jumps",
        min=0.0,
        max=2.0,
        default=_RELIEF.tear,
        subtype="FACTOR",
    )
    smooth: FloatProperty(
        name="Smooth",
        description="Evens out the surface; edges of depth stay",
        min=0.0,
        max=1.0,
        default=_RELIEF.smooth,
        subtype="FACTOR",
    )
    far: FloatProperty(
        name="Cut Beyond",
        description="What lies further away is left out. 0: nothing is",
        min=0.0,
        max=1e6,
        subtype="DISTANCE",
        unit="LENGTH",
    )
    back: EnumProperty(
        name="Back",
        description="What the relief has behind it. All of it is invented, and marked so",
        items=[
            (Back.OPEN.value, "Open", "Nothing: a sheet to film from the front"),
            (Back.CLOSED.value, "Closed", "A plain back, so that it is solid"),
            (Back.MIRRORED.value, "Mirrored", "The front again, for a prop that turns"),
            (Back.PLATE.value, "Base Plate", "A plate behind it, to print or to mill"),
        ],
        default=_RELIEF.back.value,
    )
    thickness: FloatProperty(
        name="Thickness",
        description="Of a closed back or a plate, as a share of the relief's width",
        min=0.001,
        max=2.0,
        soft_max=0.5,
        default=_RELIEF.thickness,
        subtype="FACTOR",
    )
    sky: EnumProperty(
        name="Sky",
        description="What becomes of the sky",
        items=[
            (Sky.DOME.value, "Dome", "A dome far behind everything"),
            (Sky.CUT.value, "Cut Out", "A hole: put your own behind it"),
            (Sky.KEEP.value, "Keep", "Part of the relief, like all else"),
        ],
        default=_RELIEF.sky.value,
    )
    layers: IntProperty(
        name="Layers",
        description="Sheets one behind the other, with what was hidden painted in: what a camera may move past. "
        "They take most of the time. 0: the relief alone",
        min=0,
        max=8,
        default=_LAYERS.count,
    )
    filler: EnumProperty(
        name="Filled by",
        description="What paints in what was hidden. All of it is invented, and marked so",
        items=[
            (Filler.PATCHES.value, "Patches", "Pieces of the same photo: keeps its grain"),
            (Filler.SMOOTH.value, "Smooth", "Colours that flow in from around: the quickest"),
            (Filler.LAMA.value, "LaMa", "A network from a file of yours, with the PyTorch pack"),
        ],
        default=_LAYERS.filler.value,
    )
    filler_weights: StringProperty(name="LaMa's File", description="big-lama.safetensors", subtype="FILE_PATH")
    match: BoolProperty(
        name="Set Up the Scene",
        description="Renders then show the photo as it is: through its camera, in its size, with its colours unchanged (view "
        "transform Standard). Back to My View takes all of it back",
        default=True,
    )
    # of the stage in the scene
    lens: FloatProperty(
        name="Lens",
        description="The lens that the photo was taken with, in millimetres on 35 mm film: drag until right angles look "
        "right. Relief, layers and camera follow at once, and the photo still fits",
        min=5.0,
        max=2000.0,
        soft_min=10.0,
        soft_max=200.0,
        step=100,
        precision=1,
        subtype="DISTANCE_CAMERA",
        unit="CAMERA",
        options=_LIVE,
        get=_get_lens,
        set=_set_lens,
    )
    reach: FloatProperty(
        name="Distance",
        description="From the camera to what is in the middle of the picture: the whole stage grows or shrinks around the camera",
        min=0.0001,
        max=1e6,
        subtype="DISTANCE",
        unit="LENGTH",
        options=_LIVE,
        get=_get_reach,
        set=_set_reach,
    )
    lit: FloatProperty(
        name="Relight",
        description="How far the scene's lights act on the photo: 0 shows it as it is, 1 shows its colours under your lights alone",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=_LIVE,
        get=_get_lit,
        set=_set_lit,
    )
    shown: EnumProperty(
        name="Show",
        description="What of the stage is seen and rendered",
        items=[
            ("RELIEF", "Relief", "One mesh that follows the depth"),
            ("LAYERS", "Layers", "Sheets with what was hidden painted in: no holes when the camera moves"),
        ],
        options=_LIVE,
        get=_get_shown,
        set=_set_shown,
    )
    invented: BoolProperty(
        name="Show What Is Invented",
        description="Colours the faces: blue is what the photo shows, orange is made up. Renders stay as they are",
        options=_LIVE,
        get=_get_invented,
        set=_set_invented,
    )


register, unregister = bpy.utils.register_classes_factory((MAQUETTE_PG_stage,))
