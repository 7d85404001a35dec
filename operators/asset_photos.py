"""What an asset's base colour is taken from: the model's photos as their cameras stand now, or a sentence why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Context

from .. import preferences
from ..engine.errors import EngineError
from ..engine.meshfile import camera_arrays
from ..scene.errors import ModelError
from ..scene.gather import placed_cameras
from ..scene.model import Model, solved_from_world
from .retexture_request import remarks
from .runner import engine_command


@dataclass(frozen=True, kw_only=True)
class AssetPhotos:
    """For the one that makes the asset. Without `words` it takes the colours from the scan's texture."""

    words: tuple[str, ...] = ()  # the engine's command line
    mesh: Path = Path()  # the file that it names for the mesh
    cameras: Path = Path()  # what belongs into that file besides
    solved_from_world: tuple[tuple[float, ...], ...] = ()
    remarks: tuple[str, ...] = ()  # for the artist


NONE = AssetPhotos()


def photos_for_asset(context: Context, model: Model, scratch: Path) -> AssetPhotos:
    """Files go into `scratch`."""
    mesh, file = scratch / "low.npz", scratch / "cameras.npz"
    words = ["retexture", str(model.folder), "--mesh", str(mesh), "--name", "asset", "--tiles", "off"]
    words += ["--device", preferences.of(context).device]
    if context.scene.maquette.retexture.photos:
        words += ["--photos", bpy.path.abspath(context.scene.maquette.retexture.photos)]
    try:
        solved = solved_from_world(model)
        cameras = placed_cameras(model, np.array(solved, np.float64))
        command = tuple(engine_command(words))
    except (EngineError, ModelError) as error:
        return AssetPhotos(remarks=(f"{error} The base colour comes from the scan's texture instead.",))
    np.savez(file, **camera_arrays(cameras.poses))
    return AssetPhotos(
        words=command,
        mesh=mesh,
        cameras=file,
        solved_from_world=tuple(tuple(row) for row in solved),
        remarks=tuple(remarks(cameras)),
    )
