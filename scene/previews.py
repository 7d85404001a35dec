"""What a run shows in the viewport before it ends: cameras, sparse points, dense points as they land, the mesh without its texture.

Drawn over the scene, never part of it: so nothing of it can be saved, undone, selected or left behind in the file. A thread reads the
files; the graphics card receives a few layers per drawing.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from pathlib import Path
from typing import Any

import bpy
import gpu
import numpy as np

from .preview_data import Layer, load

UPLOAD_SECONDS = 0.02  # of one drawing
SLOW_SECONDS = 0.05  # a drawing that takes longer is done with half the points from then on
LEAST_SHARE = 0.02
POINT_SIZE = 3.0
LINE_WIDTH = 1.5

_handles: dict[int, tuple[object, Previews]] = {}  # what Blender draws with, by the previews' id


class Previews:
    """Of one run, in one scene."""

    def __init__(self, scene_name: str) -> None:
        self.layers: dict[str, Layer] = {}
        self.draw_seconds = 0.0  # what the last drawing took
        self.in_front = False  # of the scene: something in it stands around all this
        self._scene_name = scene_name
        self._share = 1.0  # of the points, that this computer draws quickly enough
        self._batches: dict[str, Any] = {}
        self._shaders: dict[str, Any] = {}
        self._wanted: queue.SimpleQueue[tuple[str, Path] | None] = queue.SimpleQueue()
        self._loaded: queue.SimpleQueue[dict[str, Layer]] = queue.SimpleQueue()
        threading.Thread(target=_load_all, args=(self._wanted, self._loaded), daemon=True).start()
        if not bpy.app.background:  # there is no graphics card to draw with
            handle = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_VIEW")
            _handles[id(self)] = (handle, self)

    def want(self, what: str, path: str) -> None:
        """A file that can be shown; it is read meanwhile."""
        self._wanted.put((what, Path(path)))

    def take(self) -> set[str]:
        """Takes over what has been read since; gives its names. Never waits."""
        news: set[str] = set()
        while not self._loaded.empty():
            layers = self._loaded.get_nowait()
            self.layers |= layers
            news |= set(layers)
            for name in layers:
                self._batches.pop(name, None)
        if news:
            self._drop_outdone()
        return news

    def _drop_outdone(self) -> None:
        """Dense points take the place of the sparse ones, the mesh that of the dense."""
        names = set(self.layers)
        dense = {name for name in names if name.startswith("dense/")}
        gone = (dense | {"sparse"} if "mesh" in names else {"sparse"} if dense else set()) & names
        for name in gone:
            del self.layers[name]
            self._batches.pop(name, None)

    def bounds(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The box to bring into view: cameras, and nearly all of the points."""
        parts = []
        for name, layer in self.layers.items():
            if len(layer.positions):
                span = (0, 100) if name == "cameras" else (3, 97)
                parts.append(np.percentile(layer.positions, span, axis=0))
        return (np.min(parts, axis=(0, 1)), np.max(parts, axis=(0, 1))) if parts else None

    def middle(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The box of the subject alone: the points that lie in the middle of the others."""
        parts = [layer.positions for name, layer in self.layers.items() if name != "cameras" and len(layer.positions)]
        return tuple(np.percentile(np.concatenate(parts), (20, 80), axis=0)) if parts else None

    def close(self) -> None:
        """Nothing is drawn any more."""
        self._wanted.put(None)
        handle, _ = _handles.pop(id(self), (None, None))
        if handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(handle, "WINDOW")
        self.layers.clear()
        self._batches.clear()

    def _draw(self) -> None:
        """Called by Blender for each 3D view."""
        if bpy.context.scene is None or bpy.context.scene.name != self._scene_name:
            return
        try:
            waiting = self._upload()
            began = time.perf_counter()
            self._draw_batches()
            self.draw_seconds = time.perf_counter() - began
            if self.draw_seconds > SLOW_SECONDS and self._share > LEAST_SHARE:
                self._share /= 2
                self._batches.clear()
                waiting = True
        except Exception:
            self.close()  # else Blender would print this at every drawing
            raise
        if waiting:
            bpy.context.region.tag_redraw()

    def _upload(self) -> bool:
        """Some layers to the graphics card; True while there are more."""
        until = time.perf_counter() + UPLOAD_SECONDS
        for name, layer in self.layers.items():
            if name not in self._batches:
                if time.perf_counter() > until:
                    return True
                self._batches[name] = batch_of(_thinned(layer, self._share))
        return False

    def _draw_batches(self) -> None:
        if self.in_front:
            gpu.state.active_framebuffer_get().clear(depth=1.0)
        gpu.state.depth_test_set("LESS_EQUAL")
        gpu.state.depth_mask_set(True)
        gpu.state.point_size_set(POINT_SIZE)
        gpu.state.line_width_set(LINE_WIDTH)
        try:
            for name, batch in self._batches.items():
                batch.draw(self._shader(_shape(self.layers[name], self._share)))
        finally:
            gpu.state.line_width_set(1.0)
            gpu.state.point_size_set(1.0)
            gpu.state.depth_mask_set(False)
            gpu.state.depth_test_set("NONE")

    def _shader(self, shape: str) -> Any:
        if shape not in self._shaders:
            self._shaders[shape] = shader_for(shape)
        return self._shaders[shape]


def close_all() -> None:
    """The extension is disabled."""
    for _, previews in list(_handles.values()):
        previews.close()


def _load_all(wanted: queue.SimpleQueue[Any], loaded: queue.SimpleQueue[Any]) -> None:
    """The thread: plain values in, plain values out."""
    while (one := wanted.get()) is not None:
        loaded.put(load(*one))


def shader_for(shape: str) -> Any:
    """What draws a layer of that shape."""
    if shape == "POINTS":
        with contextlib.suppress(ValueError):  # newer Blenders have one of its own for points
            return gpu.shader.from_builtin("POINT_FLAT_COLOR")
    return gpu.shader.from_builtin("SMOOTH_COLOR" if shape == "TRIS" else "FLAT_COLOR")


def _shape(layer: Layer, share: float) -> str:
    """A mesh that is too large to draw becomes points."""
    return "POINTS" if layer.shape == "TRIS" and share < 1 else layer.shape


def _thinned(layer: Layer, share: float) -> Layer:
    """That share of the points. Lines are few and stay."""
    if share >= 1 or layer.shape == "LINES":
        return layer
    every = np.linspace(0, len(layer.positions), int(len(layer.positions) * share), endpoint=False).astype(int)
    return Layer(shape="POINTS", positions=layer.positions[every], colours=layer.colours[every])


def batch_of(layer: Layer) -> Any:
    """The layer on the graphics card."""
    form = gpu.types.GPUVertFormat()
    form.attr_add(id="pos", comp_type="F32", len=3, fetch_mode="FLOAT")
    form.attr_add(id="color", comp_type="F32", len=4, fetch_mode="FLOAT")
    vertices = gpu.types.GPUVertBuf(form, len(layer.positions))
    vertices.attr_fill("pos", layer.positions)
    vertices.attr_fill("color", layer.colours)
    if layer.index is None:
        return gpu.types.GPUBatch(type=layer.shape, buf=vertices)
    index = gpu.types.GPUIndexBuf(type=layer.shape, seq=layer.index)
    return gpu.types.GPUBatch(type=layer.shape, buf=vertices, elem=index)
