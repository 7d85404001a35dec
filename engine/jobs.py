"""A job: what the supervisor hands its worker, as one line of JSON. One class per recipe, named like it."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from .settings import (
    CheckSettings,
    CoverageSettings,
    DepthFormat,
    DeviceChoice,
    MaskSettings,
    ModelSettings,
    MonoSettings,
    RetextureSettings,
    ScaleSettings,
    SheetSettings,
    StageSettings,
    Until,
    from_json,
    to_json,
)


@dataclass(frozen=True, kw_only=True)
class Job:
    """Work whose results go to `out`. `libraries` are folders to import from: the first before all others, the rest (the PyTorch pack) after all."""

    recipe: ClassVar[str]  # the module in recipes/ whose `run(job, emit, stop)` does the work
    out: Path
    libraries: tuple[Path, ...] = ()
    watched: bool = True  # somebody can see previews: they cost a little

    @property
    def workspace(self) -> Path:
        """Where the stages keep their products for a rerun to resume from."""
        return self.out / ".maquette"


@dataclass(frozen=True, kw_only=True)
class ModelJob(Job):
    """Photos to a textured mesh."""

    recipe: ClassVar[str] = "model"
    photos: tuple[Path, ...]
    settings: ModelSettings = field(default_factory=ModelSettings)
    until: Until = Until.END


@dataclass(frozen=True, kw_only=True)
class CheckJob(Job):
    """What photos are worth before a run."""

    recipe: ClassVar[str] = "check"
    photos: tuple[Path, ...]
    masks: Path | None = None
    settings: CheckSettings = field(default_factory=CheckSettings)


@dataclass(frozen=True, kw_only=True)
class SelftestJob(Job):
    """What this machine can do."""

    recipe: ClassVar[str] = "selftest"
    device: DeviceChoice = DeviceChoice.AUTO  # all of them
    disk: Path | None = None  # a folder on the disk that is meant; `out` if none


@dataclass(frozen=True, kw_only=True)
class CoverageJob(Job):
    """A finished run's OUT: what its photos cover. `mesh` is the surface as it is now, where it has changed since."""

    recipe: ClassVar[str] = "coverage"
    mesh: Path | None = None
    settings: CoverageSettings = field(default_factory=CoverageSettings)


@dataclass(frozen=True, kw_only=True)
class RetextureJob(Job):
    """The photos of the finished run in `out` onto a mesh that was reworked."""

    recipe: ClassVar[str] = "retexture"
    mesh: Path
    name: str = "mesh"
    photos: Path | None = None  # where they lie now, if they were moved
    painted: Path | None = (
        None  # a folder with painted.png, or painted.1001.png …: the last texture as the artist left it
    )
    painted_on: str = ""  # that texture's stamp, from its report
    settings: RetextureSettings = field(default_factory=RetextureSettings)

    @property
    def folder(self) -> Path:
        """Where the pictures go."""
        return self.out / f"retexture-{self.name}"


@dataclass(frozen=True, kw_only=True)
class ScaleJob(Job):
    """What the printed markers in the photos of the run in `out` say about its size."""

    recipe: ClassVar[str] = "scale"
    settings: ScaleSettings


@dataclass(frozen=True, kw_only=True)
class MarkersJob(Job):
    """A sheet of markers to print; `out` is the file, .pdf or .png."""

    recipe: ClassVar[str] = "markers"
    settings: SheetSettings = field(default_factory=SheetSettings)

    @property
    def workspace(self) -> Path:
        """Nothing is kept, and nothing lies about beside the sheet."""
        return Path(tempfile.gettempdir()) / "maquette-markers"


@dataclass(frozen=True, kw_only=True)
class MasksJob(Job):
    """Masks for the photos of the finished run in `out`. `mesh` is what is kept of its model, `unwanted` what is not."""

    recipe: ClassVar[str] = "masks"
    mesh: Path
    unwanted: Path | None = None
    settings: MaskSettings = field(default_factory=MaskSettings)


@dataclass(frozen=True, kw_only=True)
class DepthJob(Job):
    """The depth of single photos, each for itself or as the frames of a film."""

    recipe: ClassVar[str] = "depth"
    photos: tuple[Path, ...]
    format: DepthFormat = DepthFormat.PNG
    settings: MonoSettings = field(default_factory=MonoSettings)


@dataclass(frozen=True, kw_only=True)
class StageJob(Job):
    """One photo to a relief and a stage."""

    recipe: ClassVar[str] = "stage"
    photo: Path
    settings: StageSettings = field(default_factory=StageSettings)


@dataclass(frozen=True, kw_only=True)
class SubjectJob(Job):
    """The finished stage in `out`, and what of its photo is the subject: clicks in pixels of the photo, from its upper left corner."""

    recipe: ClassVar[str] = "subject"
    inside: tuple[tuple[float, float], ...]
    outside: tuple[tuple[float, float], ...] = ()
    name: str = "subject"  # of the mask: OUT/masks/NAME.png


@dataclass(frozen=True, kw_only=True)
class PackJob(Job):
    """The optional PyTorch pack into a folder below `out`; from a folder of wheels, or from pip's index and one more."""

    recipe: ClassVar[str] = "pack"
    wheels: Path | None = None
    index: str = ""

    @property
    def workspace(self) -> Path:
        """What pip says is kept apart: the pack's own folder is taken away as a whole."""
        return Path(tempfile.gettempdir()) / "maquette-pack"


JOBS: dict[str, type[Job]] = {
    kind.recipe: kind
    for kind in (
        ModelJob,
        CheckJob,
        CoverageJob,
        SelftestJob,
        RetextureJob,
        ScaleJob,
        MarkersJob,
        MasksJob,
        DepthJob,
        StageJob,
        SubjectJob,
        PackJob,
    )
}


def encode(job: Job) -> str:
    """One line."""
    return json.dumps({"recipe": job.recipe} | to_json(job))


def decode(line: str) -> Job:
    """The job that `encode` wrote."""
    values = json.loads(line)
    recipe = values.pop("recipe", None)
    if recipe not in JOBS:
        raise ValueError(f"no recipe named {recipe!r}")
    job: Job = from_json(JOBS[recipe], values)
    return job
