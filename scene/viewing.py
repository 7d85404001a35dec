"""Looking through the model's cameras, one after the other, and back to how the artist had it."""

from __future__ import annotations

from bpy.types import Collection, Context, Object, Scene

from .cameras import is_ghost, is_ours, match_render
from .errors import ModelError
from .model import Model, active_model

BEFORE = "maquette_before"  # on the scene: the artist's own camera and picture size, while one of ours is in use
_RENDER = ("resolution_x", "resolution_y", "pixel_aspect_x", "pixel_aspect_y")
_COLOURS = ("view_transform", "look", "exposure", "gamma")  # of the scene's view settings, in the order to set them


def look_through(context: Context, camera: Object) -> None:
    """The scene's camera and render size become the photo's; a 3D view that asked for it looks through."""
    scene = context.scene
    if not is_ours(scene.camera) or BEFORE not in scene:
        keep_view(scene)
    match_render(scene, camera)
    space = context.space_data
    if space is not None and space.type == "VIEW_3D":
        scene[BEFORE]["lines"] = scene[BEFORE].get("lines", 0) or int(space.overlay.show_relationship_lines)
        space.overlay.show_relationship_lines = False  # all cameras hang on the mesh: their lines cross the picture
        space.region_3d.view_perspective = "CAMERA"
    note_row(context, camera)


def show_truly(scene: Scene, camera: Object) -> None:
    """Renders show what the camera's photo shows, in its size and its very colours, until the artist wants the view of before."""
    if not is_ours(scene.camera) or BEFORE not in scene:
        keep_view(scene)
    match_render(scene, camera)
    settings = scene.view_settings
    settings.view_transform, settings.look, settings.exposure, settings.gamma = "Standard", "None", 0.0, 1.0


def keep_view(scene: Scene) -> None:
    """For `leave`."""
    before = {name: getattr(scene.render, name) for name in _RENDER}
    before |= {name: getattr(scene.view_settings, name) for name in _COLOURS}
    own = scene.camera if scene.camera is not None and not is_ours(scene.camera) else None
    scene[BEFORE] = before | {"camera": own.name if own else "", "lines": 0}


def leave(context: Context) -> None:
    """The artist's own camera, picture size and view again."""
    scene, space = context.scene, context.space_data
    before = scene.get(BEFORE)
    if before is not None:
        for name in _RENDER:
            setattr(scene.render, name, before[name])
        for name in _COLOURS:
            if name in before:  # an older file has none of them
                setattr(scene.view_settings, name, before[name])
        scene.camera = scene.objects.get(before["camera"])
        lines = bool(before.get("lines", 0))
        del scene[BEFORE]
        if space is not None and space.type == "VIEW_3D" and lines:
            space.overlay.show_relationship_lines = True
    if space is not None and space.type == "VIEW_3D" and space.region_3d.view_perspective == "CAMERA":
        space.region_3d.view_perspective = "PERSP"


def cameras_by_name(model: Model) -> list[Object]:
    """The photos' cameras in the photos' order."""
    return sorted(model.cameras, key=lambda camera: camera.name)


def named(context: Context, name: str, *, ghosts: bool = True) -> Object:
    """The camera called so; without a name the active one, else the one that is looked through, else the first."""
    model = active_model(context)
    ours = [*cameras_by_name(model), *(model.ghosts if ghosts else ())]
    if name:
        found = next((camera for camera in ours if camera.name == name), None)
        if found is None:
            raise ModelError(f"The model has no camera called {name}.")
        return found
    for camera in (context.view_layer.objects.active, context.scene.camera):
        if camera in ours:
            return camera
    if not ours:
        raise ModelError("None of the model's cameras is in the scene any more: import the finished model again.")
    return ours[0]


def neighbour(context: Context, step: int, *, ghosts: bool) -> Object:
    """So many cameras on from the one that is looked through; round and round."""
    model = active_model(context)
    row = list(model.ghosts) if ghosts else cameras_by_name(model)
    if not row:
        what = "ghost cameras: press Check Capture" if ghosts else "cameras: import the finished model again"
        raise ModelError(f"The model has no {what}.")
    now = context.scene.camera
    if now not in row:
        return row[0 if step > 0 else -1]
    return row[(row.index(now) + step) % len(row)]


def camera_collection(model: Model) -> Collection | None:
    """Where the photos' cameras lie."""
    return model.cameras[0].users_collection[0] if model.cameras else None


def look_through_row(context: Context, row: int) -> None:
    """What a click on the list of cameras asks for."""
    try:
        collection = camera_collection(active_model(context))
    except ModelError:
        return
    if collection is None or row >= len(collection.objects):
        return
    camera = collection.objects[row]
    if is_ours(camera) and (camera != context.scene.camera or not _looks_through(context)):
        look_through(context, camera)


def _looks_through(context: Context) -> bool:
    space = context.space_data
    return space is None or space.type != "VIEW_3D" or space.region_3d.view_perspective == "CAMERA"


def note_row(context: Context, camera: Object) -> None:
    """The list shows which camera is looked through."""
    if is_ghost(camera) or not camera.users_collection:
        return
    index = camera.users_collection[0].objects.find(camera.name)
    trust = context.scene.maquette.trust
    if index >= 0 and trust.row != index:
        trust.row = index
