"""The child process of poisson.py: pycolmap's solver holds the interpreter for its whole run, so it gets one of its own.

Run by path with: source, target, depth, point weight, and the parent's sys.path. Nothing of the engine is imported.
"""

import sys


def main() -> None:
    source, target, depth, weight, *path = sys.argv[1:]
    sys.path[:] = path
    if sys.platform == "linux":  # ends with its parent, even inside the solver
        import ctypes

        ctypes.CDLL(None).prctl(1, 9)
    import pycolmap

    options = pycolmap.PoissonMeshingOptions(depth=int(depth), point_weight=float(weight), color=False, trim=0.0)
    pycolmap.poisson_meshing(source, target, options)


if __name__ == "__main__":
    main()
