"""Every option of every stage: frozen, keyword-only, one class per stage, defaults in this one place; presets made of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints


class Quality(str, Enum):
    """How much time to spend."""

    DRAFT = "draft"
    STANDARD = "standard"
    HIGH = "high"


class DeviceChoice(str, Enum):
    """Where to compute."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    METAL = "metal"
    VULKAN = "vulkan"
    AMDGPU = "amdgpu"


class Region(str, Enum):
    """What to keep of the scene."""

    SUBJECT = "subject"
    ALL = "all"


class Tiles(str, Enum):
    """Whether UVs beyond the first square are UDIM tiles, a picture each. AUTO: if they look like it."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class Turntable(str, Enum):
    """Whether the subject turned before a camera that stood still. AUTO: if there is no doubt about it."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class Until(str, Enum):
    """Where a run stops, with what it has so far; a later run goes on from there."""

    POSES = "poses"
    DEPTH = "depth"
    SURFACE = "surface"
    END = "end"


@dataclass(frozen=True, kw_only=True)
class PlacedCamera:
    """Where a photo's camera stands in the world that a box was drawn in: (4, 4) world from camera, row by row."""

    photo: str
    place: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box that somebody drew around what to keep: (4, 4) row by row, from the cube of -1 to 1 into the world it was drawn in.

    A run that solves its cameras anew has another world. `cameras` lead the box there; without them the world is taken as it is.
    """

    place: tuple[float, ...]
    cameras: tuple[PlacedCamera, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PhotoSettings:
    """Reading photos."""

    max_side: int = 1600  # working size: the longer side, in pixels
    max_megapixels: float = 300.0  # a larger header is refused before decoding
    min_side: int = 200
    masks: Path | None = None  # a folder of NAME.png, 255 = keep
    use_partial: bool = False  # keep truncated files
    turntable: Turntable = Turntable.AUTO  # masks the background of a camera that stood still


@dataclass(frozen=True, kw_only=True)
class PoseSettings:
    """Solving cameras."""

    max_features: int = 6000
    contrast_threshold: float = 0.013  # of SIFT: low, so that weakly textured objects get points too
    match_ratio: float = 0.8  # nearest against second nearest descriptor
    rescue_ratio: float = 0.88  # the same, for photos that the first try left out
    neighbours: int = 14  # photos that each one is fully matched with
    exhaustive_below: int = 80  # photos: up to here every pair is looked at in the cheap pass
    memory_mb: int = 900  # while searching features
    turned: bool = False  # the subject did, before a still camera: what stays put is background, however little of it
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class ScaleSettings:
    """Real size from printed markers in the photos."""

    marker_size: float | None = None  # metres, the black square's side; None: markers are not looked for
    floor: bool = False  # the markers lie on the ground: it becomes z = 0
    max_side: int = 4800  # photos are measured at up to this size: shrinking them moves a marker's sides
    find_side: int = 2000  # and looked through at this size, for speed


class MarkerKind(str, Enum):
    """Families of markers."""

    ARUCO_4X4 = "aruco4x4"
    ARUCO_5X5 = "aruco5x5"
    ARUCO_6X6 = "aruco6x6"
    APRILTAG = "apriltag36h11"


class Paper(str, Enum):
    """Sheets that printers take."""

    A4 = "a4"
    LETTER = "letter"


@dataclass(frozen=True, kw_only=True)
class SheetSettings:
    """A sheet of markers to print."""

    size: float = 0.05  # metres, the black square's side
    paper: Paper = Paper.A4
    kind: MarkerKind = MarkerKind.ARUCO_4X4
    first: int = 0  # the first marker's number


@dataclass(frozen=True, kw_only=True)
class DepthSettings:
    """Depth maps and their fusion."""

    max_side: int = 800  # depth map size: the longer side, in pixels
    neighbours: int = 8
    min_support: int = 3  # views that must agree on a point
    memory_mb: int = 3000
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class SurfaceSettings:
    """From depth to a mesh."""

    faces: int = 150_000
    region: Region = Region.SUBJECT
    box: Box | None = None  # keeps all that lies inside and nothing else, whatever `region` says
    watertight: bool = False
    fill_holes_below: float = 0.1  # of the subject's diagonal: a wider hole stays open
    margin: float = 0.06  # of the subject's diagonal: how much of the ground around it is kept
    voxel: float = 1.4  # of the points' spacing: the finest cell of the surface
    point_weight: float = 4.0  # how closely the surface follows the points; lower is smoother
    smallest_piece: float = 0.03  # of the subject's diagonal: a narrower loose piece is a floater


@dataclass(frozen=True, kw_only=True)
class TextureSettings:
    """UVs and base colour."""

    size: int = 4096
    max_side: int = 4096  # photos are read at most this large
    memory_mb: int = 1000  # for what is painted at once: a larger texture is painted in parts


@dataclass(frozen=True, kw_only=True)
class RetextureSettings:
    """All that `retexture` needs."""

    device: DeviceChoice = DeviceChoice.AUTO
    texture: TextureSettings = field(default_factory=TextureSettings)
    tiles: Tiles = Tiles.AUTO
    new_uvs: bool = False  # also where the mesh has some


@dataclass(frozen=True, kw_only=True)
class CheckSettings:
    """A quick look at photos before a run: small pictures, few features."""

    max_side: int = 640  # the size at which photos are compared: the longer side, in pixels
    features: int = 1500
    neighbours: int = 8  # photos that each one is compared with in earnest
    exhaustive_below: int = 80  # photos: up to here every pair gets a first look
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class CoverageSettings:
    """Checking a capture after its run."""

    device: DeviceChoice = DeviceChoice.AUTO
    few: int = 3  # photos: a face that fewer saw is thinly covered
    ghosts: int = 6  # at most so many photos are proposed
    picture: int = 640  # what the phone should see: the longer side, in pixels


@dataclass(frozen=True, kw_only=True)
class MaskSettings:
    """From a model of which a part is not wanted to masks."""

    device: DeviceChoice = DeviceChoice.AUTO
    background: bool = True  # leaves out what is behind the model, too
    grow: float = 0.003  # of the photo's longer side: how much wider than the model; negative is narrower
    overwrite: bool = False  # makes masks anew that were painted by hand


class DepthFormat(str, Enum):
    """What `depth` writes: 16-bit PNG, float EXR or float NumPy."""

    PNG = "png"
    EXR = "exr"
    NPY = "npy"


@dataclass(frozen=True, kw_only=True)
class MonoSettings:
    """One photo's depth."""

    device: DeviceChoice = DeviceChoice.AUTO
    provider: str = "embedded"  # a name in engine/mono/cards.py
    weights: Path | None = None  # the user's own file or folder for that provider
    focal_35mm: float | None = None  # what the artist says the lens was, in millimetres on a 35 mm film
    distance: float | None = None  # metres to what is in the middle of the picture: makes the depth metric
    sequence: bool = False  # the photos are the frames of a film: depth stays steady from one to the next
    max_megapixels: float = 300.0  # a larger header is refused before decoding


class Back(str, Enum):
    """What a relief has behind it."""

    OPEN = "open"
    CLOSED = "closed"
    MIRRORED = "mirrored"
    PLATE = "plate"


class Sky(str, Enum):
    """What becomes of the sky."""

    DOME = "dome"
    CUT = "cut"
    KEEP = "keep"


@dataclass(frozen=True, kw_only=True)
class ReliefSettings:
    """From a depth map to a mesh."""

    faces: int = 100_000
    tear: float = 1.0  # how readily the sheet tears at jumps of depth: 0 never, 2 at small ones
    smooth: float = 0.0  # 0..1
    far: float | None = None  # what lies further away is left out, in world units
    back: Back = Back.OPEN
    thickness: float = 0.05  # of the relief's width: a closed back's or a plate's
    sky: Sky = Sky.DOME


class Filler(str, Enum):
    """What paints in what was hidden."""

    PATCHES = "patches"
    SMOOTH = "smooth"  # OpenCV's
    LAMA = "lama"  # from the user's file, with the PyTorch pack


@dataclass(frozen=True, kw_only=True)
class LayerSettings:
    """Layers for a stage."""

    count: int = 3  # 0: the relief alone
    faces: int = 20_000  # of each layer
    filler: Filler = Filler.PATCHES
    weights: Path | None = None  # LaMa's
    max_side: int = 2048  # of the layers' pictures: the longer side, in pixels


class Move(str, Enum):
    """How the camera of a stage moves."""

    DOLLY = "dolly"
    ORBIT = "orbit"
    KEN_BURNS = "ken-burns"
    HANDHELD = "handheld"


@dataclass(frozen=True, kw_only=True)
class MoveSettings:
    """A camera move over a stage, and the film of it."""

    move: Move = Move.ORBIT
    amplitude: float = 1.0  # of what is safe
    seconds: float = 4.0
    fps: int = 24
    loop: bool = True
    height: int = 720  # of the film, in pixels; 0: no film
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class StageSettings:
    """All that `stage` needs."""

    mono: MonoSettings = field(default_factory=MonoSettings)
    relief: ReliefSettings = field(default_factory=ReliefSettings)
    layers: LayerSettings = field(default_factory=LayerSettings)
    move: MoveSettings = field(default_factory=MoveSettings)


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """All that `model` needs. `preset()` is the only place that knows what a quality means."""

    quality: Quality = Quality.STANDARD
    device: DeviceChoice = DeviceChoice.AUTO
    photos: PhotoSettings = field(default_factory=PhotoSettings)
    poses: PoseSettings = field(default_factory=PoseSettings)
    scale: ScaleSettings = field(default_factory=ScaleSettings)
    depth: DepthSettings = field(default_factory=DepthSettings)
    surface: SurfaceSettings = field(default_factory=SurfaceSettings)
    texture: TextureSettings = field(default_factory=TextureSettings)


def preset(quality: Quality) -> ModelSettings:
    """The settings that a quality stands for."""
    if quality is Quality.DRAFT:
        return ModelSettings(
            quality=quality,
            photos=PhotoSettings(max_side=1000),
            poses=PoseSettings(max_features=4000),
            depth=DepthSettings(max_side=500, neighbours=6),
            surface=SurfaceSettings(faces=50_000),
            texture=TextureSettings(size=2048, max_side=1600),
        )
    if quality is Quality.HIGH:
        return ModelSettings(
            quality=quality,
            photos=PhotoSettings(max_side=3200),
            poses=PoseSettings(max_features=10_000),
            depth=DepthSettings(max_side=1600, neighbours=10),
            surface=SurfaceSettings(faces=500_000),
            texture=TextureSettings(size=8192, max_side=8192),
        )
    return ModelSettings(quality=quality)


def to_json(settings: Any) -> dict[str, Any]:
    """A settings object as plain JSON values."""
    return {item.name: _plain(getattr(settings, item.name)) for item in dataclasses.fields(settings)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_json(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def from_json(kind: type[Any], values: dict[str, Any]) -> Any:
    """The settings object that `to_json` wrote; unknown names are an error, missing ones take their default."""
    hints = {item.name: get_type_hints(kind)[item.name] for item in dataclasses.fields(kind)}
    unknown = set(values) - set(hints)
    if unknown:
        raise ValueError(f"{kind.__name__} has no setting named {', '.join(sorted(unknown))}")
    return kind(**{name: _convert(hints[name], value) for name, value in values.items()})


def _convert(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) is tuple:  # (X, ...) or (X, Y, Z)
        kinds = [kind for kind in get_args(hint) if kind is not Ellipsis]
        return tuple(_convert(kinds[i] if len(kinds) > 1 else kinds[0], part) for i, part in enumerate(value))
    choices = [hint] if get_origin(hint) is None else [c for c in get_args(hint) if c is not type(None)]
    kind = choices[0]
    if get_origin(kind) is tuple:
        return _convert(kind, value)
    if dataclasses.is_dataclass(kind):
        return from_json(kind, value)  # type: ignore[arg-type]
    return kind(value)
