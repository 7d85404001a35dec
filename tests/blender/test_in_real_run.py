"""Once through with the real engine on Blender's own Python and the zip's wheels: photos in, objects out."""

from __future__ import annotations

import json
import subprocess

import bpy
import numpy as np


def test_operator_does_the_engine_s_own_call(maquette, part, tmp_path):
    from tests.synthetic import make_truth  # needs Pillow, which came with the zip

    make_truth(tmp_path / "photos", count=14, width=560, height=420)
    settings = bpy.context.scene.maquette
    bpy.ops.maquette.add_photo_folder(directory=str(tmp_path / "photos"))
    settings.output = str(tmp_path / "out")
    settings.quality, settings.faces, settings.texture = "draft", 6000, "1024"
    part("preferences").of(bpy.context).device = "cpu"
    assert bpy.ops.maquette.build_model() == {"FINISHED"}

    textured = np.load(tmp_path / "out" / ".maquette" / "textured.npz")
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    collection = bpy.data.collections["photos"]
    mesh = collection.objects["photos"].data
    assert report["registered"] == 14 == len(collection.children[0].objects)
    rows = settings.photos.rows  # each photo's row says what became of it
    assert [row.verdict for row in rows] == [one["verdict"] for one in report["verdicts"]] == ["good"] * 14
    assert settings.photos.said == "14 of 14 photos found their place."
    assert 2000 < len(mesh.polygons) <= 6000 and len(mesh.polygons) == len(textured["faces"])
    low, high = textured["vertices"].min(0), textured["vertices"].max(0)
    assert np.allclose(
        [low, high], [np.min([v.co for v in mesh.vertices], 0), np.max([v.co for v in mesh.vertices], 0)]
    )
    image = mesh.materials[0].node_tree.nodes.active.image
    assert tuple(image.size) == textured["base_colour"].shape[:2] == (1024, 1024)

    # The same call from a shell finds every stage done already: it asked for the very same thing.
    request, runner = part("operators.request"), part("operators.runner")
    command = runner.engine_command(request.request_of(bpy.context).words)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    skipped = {event["name"] for event in told if event["event"] == "stage" and event["skipped"]}
    assert skipped >= {"poses", "depth", "surface", "texture"}
