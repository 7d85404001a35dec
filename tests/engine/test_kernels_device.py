"""Which device is taken, and what is said when none is."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.errors import EngineError
from engine.kernels import buffers, device, selftest
from engine.settings import DeviceChoice


@pytest.fixture(autouse=True)
def nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_open", None)


def test_auto_falls_back_to_the_cpu_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    real = device._try
    monkeypatch.setattr(device, "_try", lambda c: real(c) if c is DeviceChoice.CPU else "it computes wrong numbers")
    opened = device.open_device()
    assert opened.choice is DeviceChoice.CPU and not opened.is_gpu
    assert "cuda: it computes wrong numbers" in opened.note


def test_a_gpu_that_fails_the_self_test_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        device._ARCHS, DeviceChoice.CUDA, device._ARCHS[DeviceChoice.CPU]
    )  # stands for a GPU that opens
    assert device._try(DeviceChoice.CUDA) is None
    monkeypatch.setattr(selftest, "share_right", lambda: 0.1)
    assert device._try(DeviceChoice.CUDA) == "it computes wrong numbers"
    with pytest.raises(EngineError) as error:
        device.open_device(DeviceChoice.CUDA)
    assert error.value.code == "device_missing" and error.value.exit_code == 3 and "wrong numbers" in str(error.value)


def test_opening_is_silent_and_happens_once(capfd: pytest.CaptureFixture[str]) -> None:
    first = device.open_device(DeviceChoice.CPU)
    assert device.open_device() is first
    assert capfd.readouterr().out == ""


def test_warming_up_in_a_thread_leaves_a_working_device() -> None:
    thread = threading.Thread(target=device.warm, args=(DeviceChoice.CPU,))
    thread.start()
    thread.join()
    buffer = buffers.ints(10)
    buffers.put_ints(buffer, 0, np.arange(10, dtype=np.int32))
    buffers.put_ints(buffer, 4, np.array([7, 8], np.int32))
    np.testing.assert_array_equal(buffers.get_ints(buffer, 2, 5), [2, 3, 7, 8, 6])
    assert selftest.share_right() > 0.9
