"""Reads a set with known truth (cameras.json, object.ply, images/) as the engine's own values: true poses, true depth.

A stage can so be judged alone, with everything before it perfect. Needs embreex and SciPy, which are for development only.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector

from engine.datatypes import Camera, CameraModel, DepthMap, FocalSource, Photo, PosedPhoto, Sparse
from engine.geometry import project, rays_in_world, view_of


def load_posed(folder: Path) -> tuple[dict[int, Camera], tuple[PosedPhoto, ...]]:
    """The true cameras of a set."""
    truth = json.loads((folder / "cameras.json").read_text())
    K, width, height = np.array(truth["K"]), truth["width"], truth["height"]
    camera = Camera(model=CameraModel.PINHOLE, width=width, height=height, params=(K[0, 0], K[1, 1], K[0, 2], K[1, 2]))
    posed = []
    for row in truth["views"]:
        photo = Photo(
            name=row["name"],
            path=folder / "images" / row["name"],
            content_hash=row["name"],
            width=width,
            height=height,
            orientation=1,
            working_width=width,
            working_height=height,
            focal_px=K[0, 0],
            focal_source=FocalSource.EXIF_35MM,
            camera_key="true",
            sharpness=1.0,
            brightness=0.5,
        )
        pose = np.concatenate([np.array(row["R"]), np.array(row["t"])[:, None]], 1)
        posed.append(PosedPhoto(photo=photo, camera_id=1, cam_from_world=pose))
    return {1: camera}, tuple(posed)


def scene_mesh(folder: Path) -> trimesh.Trimesh:
    """The true object, with the floor at z = 0 where the set has one."""
    truth = json.loads((folder / "cameras.json").read_text())
    mesh = trimesh.load(folder / "object.ply", process=False)
    if "ground z=0" in truth.get("frame", ""):
        r = 1.2
        floor = trimesh.Trimesh([[-r, -r, 0], [r, -r, 0], [r, r, 0], [-r, r, 0]], [[0, 1, 2], [0, 2, 3]])
        mesh = trimesh.util.concatenate([trimesh.Trimesh(mesh.vertices, mesh.faces, process=False), floor])
    return mesh


def load_depth_maps(folder: Path, max_side: int) -> list[DepthMap]:
    """Exact depth and normals of every view, by ray casting."""
    cameras, posed = load_posed(folder)
    mesh = scene_mesh(folder)
    caster = RayMeshIntersector(mesh)
    maps = []
    for one in posed:
        view = view_of(one, cameras[one.camera_id], max_side)
        rays = rays_in_world(view).reshape(-1, 3)
        unit = rays / np.linalg.norm(rays, axis=1, keepdims=True)
        origin = np.broadcast_to(view.centre_in_world, unit.shape)
        points, ray, face = caster.intersects_location(origin, unit, multiple_hits=False)
        depth = np.zeros(len(rays), np.float32)
        depth[ray] = (points @ view.rotation.T + view.translation)[:, 2]
        normal = np.zeros((len(rays), 3), np.float32)
        normal[ray] = mesh.face_normals[face]
        away = (normal * unit).sum(1) > 0
        normal[away] *= -1
        shape = (view.height, view.width)
        maps.append(
            DepthMap(
                view=view,
                depth=depth.reshape(shape),
                normal=normal.reshape(*shape, 3),
                confidence=(depth > 0).astype(np.float32).reshape(shape),
                empty=(depth == 0).reshape(shape),
            )
        )
    return maps


def load_sparse(folder: Path, per_view: int = 150) -> Sparse:
    """True poses, with points drawn from the true depth, each seen by all the views that truly see it."""
    cameras, posed = load_posed(folder)
    maps = load_depth_maps(folder, 800)
    rng = np.random.default_rng(0)
    drawn = []
    for one in maps:
        rows, columns = np.nonzero(one.depth > 0)
        pick = rng.choice(len(rows), min(per_view, len(rows)), replace=False)
        rays = rays_in_world(one.view)[rows[pick], columns[pick]]
        drawn.append(one.view.centre_in_world + rays * one.depth[rows[pick], columns[pick], None])
    world = np.concatenate(drawn)
    point, who, where = [], [], []
    for i, one in enumerate(maps):
        pixel, z = project(one.view, world)
        inside = (z > 0) & (pixel >= 0).all(1) & (pixel[:, 0] < one.view.width) & (pixel[:, 1] < one.view.height)
        index = np.nonzero(inside)[0]
        x, y = pixel[index].astype(int).T
        index = index[np.abs(one.depth[y, x] - z[index]) < 0.005 * z[index]]
        point.append(index)
        who.append(np.full(len(index), i))
        where.append(pixel[index] * posed[i].photo.width / one.view.width)
    return Sparse(
        cameras=cameras,
        posed=posed,
        points_in_world=world,
        point_colours=np.full((len(world), 3), 128, np.uint8),
        point_errors=np.full(len(world), 0.3, np.float32),
        seen_point=np.concatenate(point).astype(np.int32),
        seen_posed=np.concatenate(who).astype(np.int32),
        seen_pixel=np.concatenate(where).astype(np.float32),
    )
