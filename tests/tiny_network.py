"""A network of the embedded kind, small enough to be written out by hand: low in the picture is near, blue is sky."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np


def write_network(path: Path) -> Path:
    """An ONNX file: a convolution over (red, green, blue, x, y), a ReLU for the inverse depth, a sigmoid for the sky."""
    weight = np.zeros((2, 5, 2, 2), np.float32)
    weight[0, 4] = 0.5 / 4  # inverse depth = 0.6 + 0.5 y
    weight[1, 2] = 40 / 4  # sky: a lot of blue, little red
    weight[1, 0] = -40 / 4
    bias = np.array([0.6, -12], np.float32)
    zeros, ones = np.array([0], np.int64), np.array([1], np.int64)
    nodes = [
        _node("Conv", ["picture", "weight", "bias"], ["both"], ints={"kernel_shape": [2, 2], "strides": [2, 2]}),
        _node("Slice", ["both", "zero", "one", "one"], ["first"]),
        _node("Slice", ["both", "one", "two", "one"], ["second"]),
        _node("Relu", ["first"], ["near"]),
        _node("Sigmoid", ["second"], ["sky"]),
        _node("Concat", ["near", "sky"], ["answer"], whole={"axis": 1}),
    ]
    tensors = [_tensor("weight", weight), _tensor("bias", bias)]
    tensors += [_tensor("zero", zeros), _tensor("one", ones), _tensor("two", 2 * ones)]
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, b"made-up")
    graph += b"".join(_field(5, tensor) for tensor in tensors)
    graph += _field(11, _value("picture", (1, 5, "h", "w"))) + _field(12, _value("answer", (1, 2, "i", "j")))
    path.write_bytes(_number(1, 8) + _field(7, graph) + _field(8, _number(2, 13)))
    return path


def _node(
    kind: str,
    inputs: list[str],
    outputs: list[str],
    ints: dict[str, list[int]] | None = None,
    whole: dict[str, int] | None = None,
) -> bytes:
    body = b"".join(_field(1, name.encode()) for name in inputs) + b"".join(
        _field(2, name.encode()) for name in outputs
    )
    body += _field(4, kind.encode())
    for name, values in (ints or {}).items():
        listed = b"".join(_number(8, value) for value in values)
        body += _field(5, _field(1, name.encode()) + listed + _number(20, 7))
    for name, value in (whole or {}).items():
        body += _field(5, _field(1, name.encode()) + _number(3, value) + _number(20, 2))
    return body


def _tensor(name: str, values: np.ndarray) -> bytes:
    kind = 1 if values.dtype == np.float32 else 7
    dims = b"".join(_number(1, side) for side in values.shape)
    return dims + _number(2, kind) + _field(8, name.encode()) + _field(9, values.tobytes())


def _value(name: str, shape: tuple[int | str, ...]) -> bytes:
    dims = b"".join(
        _field(1, _number(1, side) if isinstance(side, int) else _field(2, side.encode())) for side in shape
    )
    tensor = _number(1, 1) + _field(2, dims)
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += struct.pack("B", value & 127 | 128)
        value >>= 7
    return out + struct.pack("B", value)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data
