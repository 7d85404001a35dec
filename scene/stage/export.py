"""A stage leaves Blender: a film, single pictures, a GLB with its camera, or an EXR with every layer and its depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
from bpy.types import Context, Image, Material, Object, Scene

from ..errors import ModelError
from .find import SKY, StageInScene
from .layers import are_layers_shown
from .layers_for_light import catchers_of
from .light import sun_of
from .material import ALPHA, PHOTO
from .objects import objects_of
from .rays import matched

LOOK = 0.5  # seconds between looks at whether a render is done
NEW = bpy.app.version >= (5, 0)  # a file format belongs to a kind of media from then on


def prepare_film(scene: Scene, target: Path, form: str, height: int) -> None:
    """The scene's own output settings for a film ("MP4") or single pictures ("PNG"): Blender's Render Animation does the same then."""
    render = scene.render
    ratio = render.resolution_x * render.pixel_aspect_x / (render.resolution_y * render.pixel_aspect_y)
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    render.resolution_y = max(height // 2, 4) * 2  # a film's sides are even
    render.resolution_x = max(round(height * ratio / 2), 4) * 2
    render.resolution_percentage = 100
    set_format(scene, "FFMPEG" if form == "MP4" else "PNG")
    if form == "MP4":
        film = render.ffmpeg
        film.format, film.codec, film.audio_codec = "MPEG4", "H264", "NONE"
        film.constant_rate_factor, film.gopsize = "HIGH", 12
    else:
        render.image_settings.color_mode = "RGBA" if render.film_transparent else "RGB"
    render.use_file_extension = form != "MP4"  # a film's name would get its frame numbers
    render.filepath = str(target)


def set_format(scene: Scene, name: str) -> None:
    """A file format by Blender's name."""
    settings = scene.render.image_settings
    if NEW:
        settings.media_type = {"FFMPEG": "VIDEO", "OPEN_EXR_MULTILAYER": "MULTI_LAYER_IMAGE"}.get(name, "IMAGE")
    settings.file_format = name


def write_glb(context: Context, stage: StageInScene, target: Path) -> None:
    """What is shown of the stage (relief or layers, and the sky), what was added, and its cameras with their move."""
    shown = [*(stage.layers if are_layers_shown(stage) else (stage.relief,)), *((stage.sky,) if stage.sky else ())]
    things = [*shown, *objects_of(stage)]
    things += [camera for camera in (stage.camera, stage.moving) if camera is not None]
    for thing in things:
        if thing.name not in context.view_layer.objects:
            raise ModelError(f"{thing.name} is in a collection that is switched off: switch it on first.")
    with _selected(context, things), _plain_materials(shown):
        bpy.ops.export_scene.gltf(
            filepath=str(target),
            export_format="GLB",
            use_selection=True,
            export_cameras=True,
            export_animations=True,
            export_apply=False,
            export_vertex_color="NONE",
        )


def write_layered_exr(context: Context, stage: StageInScene, target: Path, *, animation: bool) -> None:
    """Each layer by itself with alpha and depth, through the scene's camera, in one EXR (a frame): nothing hides what lies behind.

    A scene of its own renders it, which goes again: so no compositor is needed, whose file output every Blender calls otherwise.
    """
    other = _layered_scene(context, stage, target, animated=animation)
    try:
        bpy.ops.render.render(animation=animation, write_still=not animation, scene=other.name)
    finally:
        _remove(other)


def render_layered_exr(
    context: Context, stage: StageInScene, target: Path, *, animation: bool, done: Callable[[], None]
) -> None:
    """The same in Blender's own render window, which can be watched and stopped, while one works on; then `done`."""
    other = _layered_scene(context, stage, target, animated=animation)
    name = other.name
    try:
        started = bpy.ops.render.render("INVOKE_DEFAULT", animation=animation, write_still=not animation, scene=name)
    except RuntimeError:
        _remove(other)
        raise
    if "CANCELLED" in started:
        _remove(other)
        raise ModelError("Blender is rendering already: wait for it, or stop it.")

    def tidy() -> float | None:
        if bpy.app.is_job_running("RENDER"):
            return LOOK
        rendered = bpy.data.scenes.get(name)  # it is gone where another file was opened meanwhile
        if rendered is not None and rendered.get(_TEMPORARY):
            _remove(rendered)
            done()
        return None

    bpy.app.timers.register(tidy, first_interval=LOOK)


def _layered_scene(context: Context, stage: StageInScene, target: Path, *, animated: bool) -> Scene:
    """A copy of the scene that renders the layers apart."""
    matched(stage)
    scene = context.scene
    other = scene.copy()
    other[_TEMPORARY] = True
    try:
        other.name = f"{scene.name} Layered"
        _fill(other, stage)
        set_format(other, "OPEN_EXR_MULTILAYER")
        settings = other.render.image_settings
        settings.color_depth, settings.exr_codec = "32", "ZIP"
        other.render.film_transparent = True
        other.render.use_file_extension = animated
        other.render.filepath = str(target)
        if NEW:
            other.compositing_node_group = None
        else:
            other.use_nodes = False
        other.frame_set(scene.frame_current)
    except BaseException:
        _remove(other)
        raise
    return other


def _remove(other: Scene) -> None:
    homes = [home for home in other.collection.children if home.get(_TEMPORARY)]
    bpy.data.scenes.remove(other)
    for home in homes:
        bpy.data.collections.remove(home)


_TEMPORARY = "maquette_temporary"


def _fill(scene: Scene, stage: StageInScene) -> None:
    """A collection and a view layer for each thing that is to be apart."""
    parts: list[tuple[str, list[Object]]] = [
        (f"{index + 1}-{layer.name.split()[-1].lower()}", [layer]) for index, layer in enumerate(stage.layers)
    ]
    if not parts:
        parts = [("relief", [stage.relief])]
    if stage.sky is not None:
        parts.insert(0, (SKY, [stage.sky]))
    catchers = catchers_of(stage)
    added = [*objects_of(stage), *(catchers.objects if catchers is not None else ())]
    sun = sun_of(stage)
    if added and sun is not None:
        added.append(sun)
    if added:
        parts.append(("objects", added))
    for child in list(scene.collection.children):
        scene.collection.children.unlink(child)
    for layer in list(scene.view_layers)[1:]:
        scene.view_layers.remove(layer)
    homes = []
    for name, things in parts:
        home = bpy.data.collections.new(name)
        home[_TEMPORARY] = True
        for thing in things:
            home.objects.link(thing)
        scene.collection.children.link(home)
        homes.append(home)
    for name, _ in parts[1:]:
        scene.view_layers.new(name)
    first = scene.view_layers[0]
    first.name, first.use = parts[0][0], True
    for layer, own in zip(scene.view_layers, homes, strict=True):
        layer.use_pass_combined = layer.use_pass_z = True
        for child in layer.layer_collection.children:
            child.exclude = child.collection != own


@contextmanager
def _selected(context: Context, things: list[Object]) -> Iterator[None]:
    """These alone are selected, and can be: what is hidden is shown for a while."""
    layer = context.view_layer
    before = [thing for thing in layer.objects if thing.select_get(view_layer=layer)]
    hidden = [thing for thing in things if thing.hide_get(view_layer=layer)]
    locked = [thing for thing in things if thing.hide_select]
    for thing in layer.objects:
        thing.select_set(False, view_layer=layer)
    for thing in things:
        thing.hide_set(False, view_layer=layer)
        thing.hide_select = False
        thing.select_set(True, view_layer=layer)
    try:
        yield
    finally:
        for thing in things:
            thing.select_set(thing in before, view_layer=layer)
        for thing in hidden:
            thing.hide_set(True, view_layer=layer)
        for thing in locked:
            thing.hide_select = True
        for thing in before:
            thing.select_set(True, view_layer=layer)


@contextmanager
def _plain_materials(things: list[Object]) -> Iterator[None]:
    """A picture that shines, and nothing else: what a GLB can hold. Fog and lights are Blender's."""
    changed: list[tuple[Object, int, Material, str]] = []
    made: dict[Material, Material] = {}
    try:
        for thing in things:
            for index, slot in enumerate(thing.material_slots):
                own = slot.material
                node = own.node_tree.nodes.get(PHOTO) if own is not None and own.node_tree else None
                if node is None or node.image is None:
                    continue
                if own not in made:
                    made[own] = _unlit(own.name, node.image, cut_out=ALPHA in own.node_tree.nodes)
                changed.append((thing, index, own, slot.link))
                slot.material = made[own]
        yield
    finally:
        for thing, index, own, _ in changed:
            thing.material_slots[index].material = own
        for material in made.values():
            bpy.data.materials.remove(material)


def _unlit(name: str, image: Image, *, cut_out: bool) -> Material:
    material = bpy.data.materials.new(f"{name} ")
    if not NEW:
        material.use_nodes = True
    nodes, link = material.node_tree.nodes, material.node_tree.links.new
    nodes.clear()
    output, picture = (nodes.new(f"ShaderNode{kind}") for kind in ("OutputMaterial", "TexImage"))
    picture.image, picture.extension = image, "EXTEND"
    last = picture.outputs["Color"]  # without a shader: so the exporter knows it as unlit
    if cut_out:
        mix, hole = nodes.new("ShaderNodeMixShader"), nodes.new("ShaderNodeBsdfTransparent")
        link(picture.outputs["Alpha"], mix.inputs[0])
        link(hole.outputs[0], mix.inputs[1])
        link(last, mix.inputs[2])
        last = mix.outputs[0]
    link(last, output.inputs["Surface"])
    return material
