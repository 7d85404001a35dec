"""Holds the import directions of docs/DESIGN.md: panels → operators → scene → engine; recipes → stages → kernels → datatypes."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAGES = {
    "photos",
    "poses",
    "stereo",
    "surface",
    "texture",
    "coverage",
    "capture",
    "masking",
    "scale",
    "mono",
    "relief",
}
BLENDER_ROOMS = ("scene", "operators", "panels")  # each may import those before it


def imports_of(path: Path) -> set[str]:
    """Absolute dotted names of what a file imports, relative ones resolved against the repository root."""
    package = list(path.relative_to(ROOT).parts[:-1])
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            names |= {".".join([*module, alias.name]) for alias in node.names}
    return names


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def test_the_walk_sees_the_engine() -> None:
    found = imports_of(ROOT / "engine" / "recipes" / "model.py")
    assert "engine.poses.stage" in found
    assert len(files("engine")) > 20


def test_the_engine_knows_nothing_of_blender() -> None:
    for path in files("engine"):
        for name in imports_of(path):
            root = name.split(".")[0]
            assert root not in {"bpy", "mathutils", "bpy_extras", "gpu"}, f"{path}: {name}"
            assert root not in {*BLENDER_ROOMS, "preferences", "properties", "tests", "bench"}, f"{path}: {name}"


def test_a_stage_never_imports_another() -> None:
    for stage in STAGES:
        for path in files(f"engine/{stage}"):
            for name in imports_of(path):
                parts = name.split(".")
                if parts[0] == "engine" and len(parts) > 1:
                    assert parts[1] not in STAGES - {stage}, f"{path}: {name}"
                    assert parts[1] not in {"recipes", "cli", "supervisor", "worker", "terminal"}, f"{path}: {name}"


def test_kernels_stand_on_plain_values_only() -> None:
    allowed = {"datatypes", "errors", "settings", "geometry", "kernels"}
    for path in files("engine/kernels"):
        for name in imports_of(path):
            parts = name.split(".")
            if parts[0] == "engine" and len(parts) > 1:
                assert parts[1] in allowed, f"{path}: {name}"


def test_only_kernels_know_the_compute_framework() -> None:
    for path in files("engine"):
        if "kernels" not in path.parts:
            assert not any(n.split(".")[0] in {"quadrants", "taichi"} for n in imports_of(path)), path


def test_scipy_and_embree_stay_out_of_the_product() -> None:
    for folder in ("engine", *BLENDER_ROOMS):
        for path in files(folder):
            assert not any(n.split(".")[0] in {"scipy", "embreex"} for n in imports_of(path)), path


PACK = {
    "torch",
    "torchvision",
    "transformers",
    "diffusers",
    "spandrel",
    "safetensors",
    "onnxruntime",
    "depth_anything_3",
}


def test_the_pack_is_optional_everywhere() -> None:
    """Nothing imports its libraries as it is imported itself: engine/pack does, by name, when they are asked for."""
    for folder in ("engine", *BLENDER_ROOMS):
        for path in files(folder):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in tree.body:
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                assert not any(name.split(".")[0] in PACK for name in names), f"{path}: {names}"
            asks = any(name.split(".")[0] in PACK for name in imports_of(path))
            assert not asks or path.parent.name in ("providers", "pack"), path


def test_blender_rooms_point_one_way() -> None:
    for index, room in enumerate(BLENDER_ROOMS):
        later = set(BLENDER_ROOMS[index + 1 :])
        for path in files(room):
            for name in imports_of(path):
                assert name.split(".")[0] not in later, f"{path}: {name}"


def test_every_file_says_what_it_is_for() -> None:
    for folder in ("engine", "tests", "bench", "tools", *BLENDER_ROOMS):
        for path in files(folder):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            assert ast.get_docstring(tree) or not tree.body, f"{path} has no first line"
