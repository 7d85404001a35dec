"""Arrays that live on the compute device between launches. What is outside this folder sees NumPy alone."""

# mypy: disable-error-code="valid-type,no-untyped-def,no-untyped-call,index"
from __future__ import annotations

from typing import Any

import numpy as np
import quadrants as qd

from ..datatypes import F32, I32

Buffer = Any  # the framework's array

_F = qd.types.NDArray[qd.f32, 1]
_I = qd.types.NDArray[qd.i32, 1]


def floats(count: int) -> Buffer:
    return qd.ndarray(qd.f32, (max(count, 1),))


def ints(count: int) -> Buffer:
    return qd.ndarray(qd.i32, (max(count, 1),))


def float_buffer(values: F32) -> Buffer:
    buffer = floats(values.size)
    buffer.from_numpy(np.ascontiguousarray(values, np.float32).ravel())
    return buffer


def int_buffer(values: I32) -> Buffer:
    buffer = ints(values.size)
    buffer.from_numpy(np.ascontiguousarray(values, np.int32).ravel())
    return buffer


def fill_ints(buffer: Buffer, value: int) -> None:
    buffer.fill(value)


def put_floats(buffer: Buffer, start: int, values: F32) -> None:
    flat = np.ascontiguousarray(values, np.float32).ravel()
    _put_floats(flat, buffer, start, flat.size)


def put_ints(buffer: Buffer, start: int, values: I32) -> None:
    flat = np.ascontiguousarray(values, np.int32).ravel()
    _put_ints(flat, buffer, start, flat.size)


def get_floats(buffer: Buffer, start: int, count: int) -> F32:
    out = np.empty(count, np.float32)
    _get_floats(buffer, out, start, count)
    return out


def get_ints(buffer: Buffer, start: int, count: int) -> I32:
    out = np.empty(count, np.int32)
    _get_ints(buffer, out, start, count)
    return out


def copy_floats(source: Buffer, first: int, stride: int, target: Buffer, start: int, count: int) -> None:
    """target[start + k] = source[first + stride * k], without leaving the device."""
    _copy_floats(source, target, first, stride, start, count)


@qd.kernel(fastcache=True)
def _put_floats(values: _F, buffer: _F, start: qd.i32, count: qd.i32) -> None:
    for k in range(count):
        buffer[start + k] = values[k]


@qd.kernel(fastcache=True)
def _put_ints(values: _I, buffer: _I, start: qd.i32, count: qd.i32) -> None:
    for k in range(count):
        buffer[start + k] = values[k]


@qd.kernel(fastcache=True)
def _get_floats(buffer: _F, values: _F, start: qd.i32, count: qd.i32) -> None:
    for k in range(count):
        values[k] = buffer[start + k]


@qd.kernel(fastcache=True)
def _get_ints(buffer: _I, values: _I, start: qd.i32, count: qd.i32) -> None:
    for k in range(count):
        values[k] = buffer[start + k]


@qd.kernel(fastcache=True)
def _copy_floats(source: _F, target: _F, first: qd.i32, stride: qd.i32, start: qd.i32, count: qd.i32) -> None:
    for k in range(count):
        target[start + k] = source[first + stride * k]
