"""How long a model will take on this machine, from two measured speeds: of its device and of its processor."""

from __future__ import annotations

import time

from ..settings import Quality, preset

PHOTOS, ASPECT = 36, 0.75  # the usual job: so many photos of 4:3
MATCHED = {
    Quality.DRAFT: 0.85,
    Quality.STANDARD: 1.0,
    Quality.HIGH: 1.0,
}  # of the depth maps' pixels: small maps are quicker
CPU_SECONDS = {
    Quality.DRAFT: 2.8,
    Quality.STANDARD: 4.2,
    Quality.HIGH: 14.0,
}  # a photo, all but depth, measured (bench/)
REFERENCE = 0.058  # seconds that `cpu_slowness` took on the machine of those figures


def minutes(quality: Quality, rate: float, cores: int, slowness: float) -> float:
    """For the usual job; `rate` in megapixels of depth maps per second."""
    side = preset(quality).depth.max_side
    depth = PHOTOS * side * side * ASPECT / 1e6 * MATCHED[quality] / rate
    rest = PHOTOS * CPU_SECONDS[quality] * slowness / min(cores, 8) ** 0.75  # not all of it is shared out among cores
    return float(depth + rest) / 60


def cpu_slowness() -> float:
    """How much longer this processor takes for finding features than the one that the figures were measured on."""
    import cv2
    import numpy as np

    noise = np.random.default_rng(1).integers(0, 256, (60, 80), dtype=np.uint8)
    picture = cv2.resize(noise, (480, 360), interpolation=cv2.INTER_CUBIC)
    finder, threads = cv2.SIFT.create(2000), cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        times = []
        for _ in range(4):
            begun = time.perf_counter()
            finder.detectAndCompute(picture, None)
            times.append(time.perf_counter() - begun)
    finally:
        cv2.setNumThreads(threads)
    return min(times) / REFERENCE
