"""A network between two: its numbers lie where the share says, and networks of different plans are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="networks are mixed by the onnx library, which the engine does not need")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from training.mean import between, main  # noqa: E402


def network(values: list[float], name: str = "weight") -> onnx.ModelProto:
    """One addition of a half float tensor, and a list of whole numbers that must stay."""
    tensors = [
        numpy_helper.from_array(np.array(values, np.float16), name),
        numpy_helper.from_array(np.array([1, -1], np.int64), "shape"),
    ]
    ends = [helper.make_tensor_value_info(end, TensorProto.FLOAT16, [len(values)]) for end in ("picture", "answer")]
    node = helper.make_node("Add", ["picture", name], ["answer"])
    return helper.make_model(helper.make_graph([node], "toy", ends[:1], ends[1:], tensors))


def numbers(model: onnx.ModelProto) -> dict[str, list[float]]:
    return {tensor.name: numpy_helper.to_array(tensor).tolist() for tensor in model.graph.initializer}


@pytest.mark.parametrize(("share", "expected"), [(0.0, [0, 2]), (0.25, [1, 1.5]), (0.75, [3, 0.5]), (1.0, [4, 0])])
def test_each_number_is_so_far_on_its_way(share: float, expected: list[float]) -> None:
    mixed = between(network([0, 2]), network([4, 0]), share)
    assert numbers(mixed) == {"weight": expected, "shape": [1, -1]}
    assert numpy_helper.to_array(mixed.graph.initializer[0]).dtype == np.float16


@pytest.mark.parametrize("other", [network([1, 2, 3]), network([1, 2], "another")])
def test_networks_of_another_plan_are_refused(other: onnx.ModelProto, tmp_path: Path, capsys) -> None:
    first, second = tmp_path / "first.onnx", tmp_path / "second.onnx"
    onnx.save(network([0, 1]), first)
    onnx.save(other, second)
    assert main([str(first), str(second), "-o", str(tmp_path / "out.onnx")]) == 2
    assert "not two networks of one plan" in capsys.readouterr().err and not (tmp_path / "out.onnx").exists()
