"""Scan to asset: the order of the steps. Each can be switched off; what is then missing, the later ones do without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import bmesh
import bpy
import numpy as np
from bpy.types import Collection, Image, Object
from mathutils import Vector

from . import bake, check, clean, collider, export, lods, material, pictures, retopo, shelf, tools, uvs
from .naming import COLOUR, NORMAL, OCCLUSION, Names, names_for
from .settings import AssetSettings, Collider, Colour, Convention, Format, Limits, Retopo
from .tools import StepError

ROUGHNESS = material.ROUGHNESS
SMALLEST_TEXTURE = 512  # no limit makes it smaller


@dataclass(kw_only=True)
class Work:
    """What is on the bench; filled from step to step."""

    scan: Object
    settings: AssetSettings
    folder: Path  # for the files
    tell: Callable[[str, str], None]  # kind and sentence
    photos: Callable[[Object, Vector, int], Path] | None = (
        None  # colours the mesh from the photos; StepError if it can't
    )
    pivot: Vector = field(default_factory=Vector)
    high: Object | None = None
    low: Object | None = None
    levels: list[Object] = field(default_factory=list)
    collider: Object | None = None
    root: Object | None = None
    maps: dict[str, np.ndarray] = field(default_factory=dict)  # as stored, lowest row first
    files: dict[str, Path] = field(default_factory=dict)  # of the maps
    images: dict[str, Image] = field(default_factory=dict)
    swapped: dict[Image, Image] = field(default_factory=dict)
    written: list[Path] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    @property
    def names(self) -> Names:
        return names_for(self.settings.name, self.settings.convention, self.settings.lods)

    @property
    def surface(self) -> Object:
        assert self.low is not None
        return self.low


def steps(work: Work) -> Iterator[tuple[str, Callable[[Work], None]]]:
    """What is to be done, in order, with its name for the artist."""
    settings = work.settings
    yield "Copying and cleaning the scan" if settings.clean else "Copying the scan", _take
    yield (
        {
            Retopo.TRIANGLES: "Decimating to the budget",
            Retopo.QUADS: "Quads by QuadriFlow (5 minutes at most)",
            Retopo.CLOSED: "Voxel remesh and Decimate",
            Retopo.KEEP: "Keeping the mesh",
        }[settings.retopo],
        _retopologise,
    )
    if settings.uvs or settings.retopo is not Retopo.KEEP:
        yield "Unwrapping", _unwrap
    if settings.colour is not Colour.NONE:
        yield "Base colour from the photos" if settings.colour is Colour.PHOTOS else "Baking base colour", _colour
    if settings.normal:
        yield "Baking normals", _normal
    if settings.occlusion:
        yield "Baking occlusion (the longest bake)", _occlusion
    yield "Writing textures", _textures
    if settings.lods:
        yield "Levels of detail", _levels
    if settings.collider is not Collider.NONE:
        yield "Collider", _collider
    if settings.shelf:
        yield "Picture for the Asset Browser", _picture
    for kind in settings.formats:
        yield f"Exporting and checking {kind.value.upper()}", _exporter(kind)


def _take(work: Work) -> None:
    work.high = clean.copy_scan(work.scan, "High")
    bpy.data.objects.remove(work.scan)  # a copy in the worker's own file; else it would cast occlusion
    if work.settings.clean:
        dropped = clean.clean(work.high, work.settings.smallest_part)
        if dropped:
            work.tell("INFO", f"{dropped} loose parts were dropped.")
    work.pivot = clean.stand(work.high)  # what was dropped must not shift it


def _retopologise(work: Work) -> None:
    settings, name = work.settings, work.names.mesh()
    assert work.high is not None
    surface = tools.copy_of(work.high, "Surface")
    if settings.clean and settings.close_holes and settings.retopo is not Retopo.KEEP:
        clean.close_holes(surface, settings.close_holes)
    work.low = retopo.retopologise(surface, settings.retopo, settings.triangles, name, work.tell)
    tools.remove(surface)
    if settings.convention is not Convention.PLAIN and settings.retopo is not Retopo.KEEP:
        _triangulate(work.low)  # each engine would split quads its own way, and the baked normals would not fit
    count = tools.triangles_of(work.low.data)
    open_edges, crowded = tools.open_edges(work.low.data)
    shape = (
        "closed"
        if not open_edges and not crowded
        else f"{open_edges:,} open edges" + (f", {crowded} with more than two faces" if crowded else "")
    )
    work.facts.append(f"{count:,} triangles ({shape})")
    if settings.retopo is Retopo.CLOSED and (open_edges or crowded):
        work.tell("WARNING", "The mesh is not quite closed: try more triangles.")


def _triangulate(thing: Object) -> None:
    mesh = bmesh.new()
    mesh.from_mesh(thing.data)
    bmesh.ops.triangulate(mesh, faces=mesh.faces[:])
    mesh.to_mesh(thing.data)
    mesh.free()


def _unwrap(work: Work) -> None:
    charts = uvs.unwrap(work.surface, work.settings.texture)
    work.facts.append(f"{charts} UV charts")


def _reach(work: Work) -> float:
    assert work.high is not None
    return bake.reach_between(work.surface, work.high)


def _colour(work: Work) -> None:
    size = work.settings.texture
    if work.settings.colour is Colour.PHOTOS and work.photos is not None:
        try:
            image = bpy.data.images.load(str(work.photos(work.surface, work.pivot, size)))
            work.maps[COLOUR] = pictures.pixels_of(image)[..., :3].copy()
            bpy.data.images.remove(image)
            return
        except StepError as error:
            work.tell("WARNING", f"{error} The base colour comes from the scan's texture instead.")
    assert work.high is not None
    linear = bake.bake_colour(work.surface, work.high, size, _reach(work))
    work.maps[COLOUR] = pictures.srgb_from_linear(linear)


def _normal(work: Work) -> None:
    assert work.high is not None
    work.maps[NORMAL] = bake.bake_normal(work.surface, work.high, work.settings.texture, _reach(work))


def _occlusion(work: Work) -> None:
    assert work.high is not None
    settings = work.settings
    baked = bake.bake_occlusion(work.surface, work.high, settings.texture, _reach(work), settings.occlusion_samples)
    if work.names.packs_orm:
        baked = np.stack([baked[..., 0], np.full(baked.shape[:2], ROUGHNESS), np.zeros(baked.shape[:2])], -1)
    work.maps[OCCLUSION] = baked


def _textures(work: Work, quality: int = pictures.JPEG_QUALITY) -> None:
    """Into files and into the material. Unreal's file has its green turned; Blender and glTF keep it as baked."""
    names, folder = work.names, work.folder / "textures"
    suffix = ".jpg" if work.settings.jpeg else ".png"
    for image in (*work.images.values(), *work.swapped.values()):
        bpy.data.images.remove(image)
    work.images, work.swapped = {}, {}
    for what, pixels in work.maps.items():
        name, is_colour = names.texture(what), what == COLOUR
        path = work.files[what] = folder / f"{name}{suffix}"
        pictures.write(pixels, path, is_colour=is_colour, quality=quality)
        work.images[what] = pictures.load(path, name, is_colour=is_colour)
        if what == NORMAL and names.flips_green:
            pictures.write(pixels * [1, -1, 1] + [0, 1, 0], path, is_colour=False, quality=quality)
            work.swapped[work.images[what]] = pictures.load(path, f"{name} DirectX", is_colour=False)
            work.images[what].filepath_raw = ""  # what lies on disk is Unreal's
    for thing in (work.surface, *work.levels[1:]):
        for one in list(thing.data.materials):
            if one is not None and one.name == names.material:
                bpy.data.materials.remove(one)
        thing.data.materials.clear()
    made = material.make_material(
        names.material, *(work.images.get(what) for what in (COLOUR, NORMAL, OCCLUSION)), packed=names.packs_orm
    )
    if not work.levels:
        work.levels = [work.surface]
    for thing in work.levels:
        thing.data.materials.append(made)


def _levels(work: Work) -> None:
    settings, names = work.settings, work.names
    more = lods.make_levels(
        work.surface, settings.lods, settings.lod_ratio, [names.mesh(level) for level in range(1, settings.lods + 1)]
    )
    work.levels = [work.surface, *more]
    work.facts.append(
        "LODs: " + ", ".join(f"{tools.triangles_of(thing.data):,}" for thing in work.levels) + " triangles"
    )
    if settings.convention in (Convention.UNREAL, Convention.UNITY):
        work.root = bpy.data.objects.new(names.root, None)
        if settings.convention is Convention.UNREAL:
            work.root["fbx_type"] = "LodGroup"  # what Blender's FBX exporter makes Unreal's LOD group of
        bpy.context.scene.collection.objects.link(work.root)
        for thing in work.levels:
            thing.parent = work.root


def _collider(work: Work) -> None:
    settings = work.settings
    work.collider = collider.make_collider(
        work.surface, settings.collider, settings.collider_triangles, work.names.collider(settings.collider)
    )
    kind = "Box" if settings.collider is Collider.BOX else "Convex"
    work.facts.append(f"{kind} collider: {tools.triangles_of(work.collider.data)} triangles")


def _picture(work: Work) -> None:
    shelf.take_picture(work.surface, work.folder / "preview.png")


def _exporter(kind: Format) -> Callable[[Work], None]:
    return lambda work: _export(work, kind)


def _export(work: Work, kind: Format) -> None:
    """Writes, reads again, and where a platform's limit is passed, makes the pictures smaller and tries again."""
    limits, quality = work.settings.limits, pictures.JPEG_QUALITY
    done: list[str] = []
    while True:
        parts = export.Parts(levels=tuple(work.levels), collider=work.collider, root=work.root, swapped=work.swapped)
        try:
            written = export.write(kind, parts, work.names, work.folder)
        except StepError as error:
            work.tell("WARNING", str(error))
            return
        found = check.check(written[0], kind, work.surface, pictures=bool(work.maps))
        side = max((max(image.size) for image in work.images.values()), default=0)
        over = check.over_limits(found, kind, limits, side)
        if not over or not (smaller := _make_smaller(work, found, kind, limits, quality)):
            break
        quality, said = smaller
        done.append(said)
    work.written += [path for path in written if path not in work.written]
    _say(work, found, kind, over, done)


def _say(work: Work, found: check.Check, kind: Format, over: list[str], done: list[str]) -> None:
    head = f"{kind.value.upper()} {found.megabytes:.1f} MB"
    for fault in found.faults:
        work.tell("WARNING", f"{found.path.name}: {fault}.")
    if over:
        work.tell(
            "WARNING", f"{found.path.name} is over the limits of {work.settings.limits.source}: {'; '.join(over)}."
        )
    notes = [*dict.fromkeys(done), "over the limits" if over else "", _remark(found.faults)]
    said = ", ".join(note for note in notes if note)
    work.facts.append(f"{head}: {said}" if said else f"{head}: checked")


def _remark(faults: tuple[str, ...]) -> str:
    """What the list of files says of a file that is not as it should be, or that could not be looked at."""
    if not faults:
        return ""
    return "not checked" if faults[0].startswith(check.UNREAD) else "faulty"


def _make_smaller(work: Work, found: check.Check, kind: Format, limits: Limits, quality: int) -> tuple[int, str] | None:
    """First a lower JPEG quality, then half the pixels; None where neither helps. Gives the quality and what was done."""
    allowed = {Format.GLB: limits.glb_mb, Format.USDZ: limits.usdz_mb}.get(kind, 0.0)
    too_heavy = allowed and found.megabytes > allowed
    side = max((pixels.shape[0] for pixels in work.maps.values()), default=0)
    too_wide = limits.texture and side > limits.texture
    if not (too_heavy or too_wide) or not work.maps:
        return None
    if too_heavy and not too_wide and work.settings.jpeg and quality > 80 and found.megabytes < allowed * 1.4:
        quality, said = 76, "textures compressed more to fit"
    elif side > SMALLEST_TEXTURE:
        for what, pixels in work.maps.items():
            if pixels.shape[0] == side:
                work.maps[what] = pictures.halve(pixels)
        said = f"textures made {side // 2} px to fit"
    else:
        return None
    _textures(work, quality)
    return quality, said


def finish(work: Work) -> Collection:
    """The asset's collection, placed where the scan lies."""
    made = bpy.data.collections.new("Asset")
    things = [thing for thing in (work.root, *work.levels, work.collider) if thing]
    for thing in things:
        for home in thing.users_collection:
            home.objects.unlink(thing)
        made.objects.link(thing)
        if thing.parent is None:
            thing.location = work.pivot
    if work.high is not None:
        tools.remove(work.high)
    extent = work.surface.dimensions
    work.facts.insert(0, "Size " + " × ".join(f"{value:.3g}" for value in extent) + " m")
    if work.images:
        work.facts.append(f"{len(work.images)} textures of {max(max(image.size) for image in work.images.values())} px")
    for image in work.swapped.values():
        bpy.data.images.remove(image)
    return made
