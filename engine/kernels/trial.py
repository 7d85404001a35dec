"""One device, tried and timed in a process of its own: a driver may hang or crash, and says then that it does not serve.

Run by path with: the device's name, then the parent's sys.path. Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Says `works`, and how fast or why not."""
    name, *path = sys.argv[1:]
    sys.path[:] = path
    if sys.platform == "linux":  # ends with its parent
        import ctypes

        ctypes.CDLL(None).prctl(1, 9)
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    started = time.perf_counter()
    try:
        from engine.errors import EngineError
        from engine.kernels import device, speed
        from engine.settings import DeviceChoice

        try:
            device.open_device(DeviceChoice(name))
            begun, computed = time.perf_counter(), time.process_time()
            rate = speed.map_megapixels_per_second()
            share = (time.process_time() - computed) / (time.perf_counter() - begun)
        except EngineError as error:
            said = {"works": False, "reason": error.sentence.split(": ", 2)[-1]}
        else:
            said = {"works": True, "megapixels_per_second": round(rate, 3), "cores_got": round(share, 2)}
    except Exception as error:  # drivers and the framework raise many kinds
        said = {"works": False, "reason": f"{type(error).__name__}: {error}"}
    print(json.dumps(said | {"seconds": round(time.perf_counter() - started, 2)}), flush=True)


if __name__ == "__main__":
    main()
