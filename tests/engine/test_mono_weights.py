"""The user's own networks, without any of the libraries that open them: what is refused and why, what is found in a folder, the pack's list."""

from __future__ import annotations

import importlib.machinery
import json
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import EngineError
from engine.mono import found
from engine.mono.cards import CARDS, Library, card_of
from engine.mono.choose import provider_of
from engine.mono.providers import weights
from engine.pack import files, pieces
from engine.report import Report
from engine.settings import MonoSettings

V2 = card_of("depth-anything-v2-small")
ROOT = Path(__file__).resolve().parents[2]


def safetensors(path: Path, *, cut: int = 0) -> Path:
    """A file of one small tensor, by hand."""
    head = json.dumps({"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    whole = struct.pack("<Q", len(head)) + head + bytes(24)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(whole[: len(whole) - cut])
    return path


def folder_of(path: Path, **config) -> Path:
    """A checkpoint's folder; Depth Anything V2 Small's unless told otherwise."""
    safetensors(path / "model.safetensors")
    told = {"model_type": "depth_anything", "backbone_config": {"hidden_size": 384}} | config
    (path / "config.json").write_text(json.dumps(told), encoding="utf-8")
    return path


def refused(card, path) -> EngineError:
    with pytest.raises(EngineError) as caught:
        weights.checkpoint_of(card, path)
    return caught.value


def test_a_whole_folder_and_its_file_are_taken(tmp_path):
    folder = folder_of(tmp_path / "v2")
    for given in (folder, folder / "model.safetensors"):
        there = weights.checkpoint_of(V2, given)
        assert there.files == (folder / "model.safetensors",) and there.config["model_type"] == "depth_anything"
        assert files.tensors_of(there.files[0]) == {"w": (2, 3)}


@pytest.mark.parametrize("name", ["model.bin", "depth_anything_v2_vits.pth", "model.pt", "last.ckpt"])
def test_a_pickle_is_refused_with_the_reason_and_what_to_do(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(pickle.dumps({"w": 1}))
    for given in (file, tmp_path):
        error = refused(V2, given)
        assert error.code == "pickle_refused" and name in error.sentence and "run whatever" in error.sentence
        assert ".safetensors" in error.advice and int(error.exit_code) == 2


@pytest.mark.parametrize("name", ["model.safetensors", "model.onnx"])
@pytest.mark.parametrize("start", [b"PK\x03\x04archive", pickle.dumps([1, 2])])
def test_a_pickle_by_another_name_is_none_the_less_one(tmp_path, name, start):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / name).write_bytes(start + bytes(100))
    assert refused(V2, tmp_path).code == "pickle_refused"


def test_nothing_in_a_pickle_is_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    (tmp_path / "model.safetensors").write_bytes(pickle.dumps(Trap()))
    refused(V2, tmp_path / "model.safetensors")
    assert not (tmp_path / "sprung").exists()


def test_a_download_that_broke_off_is_told(tmp_path):
    folder = folder_of(tmp_path / "v2")
    safetensors(folder / "model.safetensors", cut=10)
    error = refused(V2, folder)
    assert error.code == "weights_broken" and "not whole" in error.sentence
    (folder / "model.safetensors").write_bytes(b"<!DOCTYPE html><html>please log in</html>")
    assert refused(V2, folder).code == "weights_broken"
    (folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0")
    assert refused(V2, folder).code == "weights_broken"
    (folder / "model.safetensors").write_bytes(b"")
    assert refused(V2, folder).code == "weights_broken"


def test_a_checkpoint_in_parts_wants_all_of_them(tmp_path):
    folder = folder_of(tmp_path / "large")
    (folder / "model.safetensors").unlink()
    parts = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    for part in parts:
        safetensors(folder / part)
    index = {"weight_map": {"a": parts[0], "b": parts[1]}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert [file.name for file in weights.checkpoint_of(V2, folder).files] == parts
    assert len(weights.checkpoint_of(V2, folder / parts[0]).files) == 2
    (folder / parts[1]).unlink()
    assert parts[1] in refused(V2, folder).sentence


def test_what_is_missing_is_named_with_where_it_is_to_be_had(tmp_path):
    for given in (None, tmp_path / "nowhere"):
        error = refused(V2, given)
        assert error.code == "weights_missing" and V2.repository in error.advice
    (tmp_path / "notes.txt").write_text("x")
    assert refused(V2, tmp_path).code == "weights_missing"
    assert refused(V2, tmp_path / "notes.txt").code == "weights_unknown"


def test_the_hubs_own_cache_is_understood(tmp_path):
    cache = tmp_path / "models--depth-anything--Depth-Anything-V2-Small-hf"
    folder = folder_of(cache / "snapshots" / "0123abc")
    assert weights.checkpoint_of(V2, cache).folder == folder
    assert found.find(tmp_path)[V2.name].path == folder


def test_every_card_has_a_provider_that_names_what_is_missing():
    for card in CARDS:
        if not card.embedded:
            with pytest.raises(EngineError) as caught:
                provider_of(MonoSettings(provider=card.name))
            assert caught.value.code == "weights_missing", card.name


def test_without_the_pack_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    provider = provider_of(MonoSettings(provider=V2.name, weights=folder_of(tmp_path / "v2")))
    with pytest.raises(EngineError) as caught:
        provider.read(np.zeros((20, 30, 3), np.uint8), None, Report())
    assert caught.value.code == "pack_missing" and "PyTorch" in caught.value.sentence
    assert int(caught.value.exit_code) == 3 and "preferences" in caught.value.advice


def test_a_pack_that_is_broken_is_told_from_one_that_is_missing(tmp_path, monkeypatch):
    broken = tmp_path / "libraries" / "torch"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('libcudart.so.13: cannot open shared object file')")
    monkeypatch.syspath_prepend(str(broken.parent))
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    provider = provider_of(MonoSettings(provider=V2.name, weights=folder_of(tmp_path / "v2")))
    with pytest.raises(EngineError, match="libcudart") as caught:
        provider.read(np.zeros((20, 30, 3), np.uint8), None, Report())
    assert caught.value.code == "pack_broken"


def test_cards_say_what_an_artist_must_know():
    assert len({card.name for card in CARDS}) == len(CARDS)
    for card in CARDS:
        assert card.licence and card.good_at.endswith(".") and card.megabytes > 0
        assert card.commercial == ("NC" not in card.licence and "research" not in card.licence.lower())
        assert card.embedded or (card.page.startswith("https://") and card.repository in card.page)
    assert {card.library for card in CARDS} == set(Library)


def test_networks_are_found_by_name_and_by_their_settings(tmp_path):
    folder_of(tmp_path / "Depth-Anything-V2-Small-hf")
    folder_of(tmp_path / "my downloads" / "x", depth_estimation_type="metric", max_depth=80)
    folder_of(tmp_path / "y", model_type="zoedepth")
    folder_of(tmp_path / "z", model_type="dpt", backbone_config={"model_type": "beit"})
    folder_of(tmp_path / "da3", model_type=None, model_name="da3mono-large")
    (tmp_path / "moge").mkdir()
    (tmp_path / "moge" / "moge-2-vits-normal.onnx").write_bytes(b"\x08\x07")
    marigold = tmp_path / "m"
    safetensors(marigold / "unet" / "diffusion_pytorch_model.safetensors")
    (marigold / "model_index.json").write_text('{"_class_name": "MarigoldDepthPipeline"}')
    names = found.find(tmp_path)
    assert set(names) == {
        "depth-anything-v2-small",
        "depth-anything-v2-outdoor-small",
        "zoedepth",
        "midas-beit-large",
        "depth-anything-v3-mono-large",
        "moge-2-small",
        "marigold",
    }
    assert not any(weights.problem for weights in names.values())
    assert found.weights_of(card_of("marigold"), tmp_path) == marigold
    assert found.weights_of(card_of("moge-2-small"), tmp_path) == tmp_path / "moge" / "moge-2-vits-normal.onnx"
    assert found.weights_of(card_of("depth-pro"), tmp_path) is None


def test_a_pickle_is_found_but_not_offered(tmp_path):
    (tmp_path / "dpt-large").mkdir()
    (tmp_path / "dpt-large" / "pytorch_model.bin").write_bytes(b"\x80\x02")
    there = found.find(tmp_path)["dpt-large"]
    assert "pickle" in there.problem and found.weights_of(card_of("dpt-large"), tmp_path) is None
    folder_of(tmp_path / "again" / "dpt-large", model_type="dpt")
    assert found.find(tmp_path)["dpt-large"].problem == ""  # the one that can be opened goes first


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert found.find(tmp_path / "nowhere") == {}


def libraries(folder: Path, *names: str, ending: str | None = None) -> Path:
    """A made-up site-packages."""
    for name in names:
        piece = next(piece for piece in pieces.PIECES if piece.name == name)
        (folder / piece.module).mkdir(parents=True)
        (folder / piece.module / "__init__.py").touch()
        (folder / f"{name.replace('-', '_')}-{piece.version}.dist-info").mkdir()
    if "torch" in names:
        (folder / "torch" / f"_C{ending or importlib.machinery.EXTENSION_SUFFIXES[0]}").touch()
    return folder


def test_a_folder_that_the_user_points_at_is_looked_at(tmp_path):
    whole = pieces.look(libraries(tmp_path / "a", "torch", "transformers"))
    assert not whole.problem and whole.versions["torch"] == "2.13.0" and "diffusers" in whole.missing
    below = libraries(tmp_path / "b" / "lib" / "python3.11" / "site-packages", "torch", "transformers")
    assert pieces.look(tmp_path / "b").folder == below and not pieces.look(tmp_path / "b").problem
    assert "no PyTorch" in pieces.look(tmp_path / "none").problem
    assert "lacks transformers" in pieces.look(libraries(tmp_path / "c", "torch")).problem
    other = libraries(tmp_path / "d", "torch", "transformers", ending=".cpython-39-other.so")
    assert "another Python" in pieces.look(other).problem


def test_the_tests_go_by_the_packs_own_list():
    full = (ROOT / "requirements-pack.txt").read_text(encoding="utf-8").splitlines()
    bare = (ROOT / "requirements-pack-bare.txt").read_text(encoding="utf-8").splitlines()
    assert set(pieces.FULL) <= set(full) and set(pieces.BARE) <= set(bare)
    assert all(
        piece.licence in ("MIT", "Apache-2.0", "BSD-3-Clause") for piece in pieces.PIECES
    )  # all may go with the GPL


def test_lama_is_refused_as_a_pickle_and_missed_by_name(tmp_path):
    from engine.relief import fill_lama
    from engine.settings import DeviceChoice

    picture, hole = np.zeros((20, 30, 3), np.uint8), np.ones((20, 30), bool)
    (tmp_path / "big-lama.pt").write_bytes(b"PK\x03\x04")
    for name, code in (("big-lama.pt", "pickle_refused"), ("nowhere.safetensors", "weights_missing")):
        with pytest.raises(EngineError) as caught:
            fill_lama.fill(picture, hole, tmp_path / name, DeviceChoice.CPU)
        assert caught.value.code == code
