"""A network between two of the same kind: `python -m training.mean FIRST SECOND -o OUT --share 0.75` (of the second).

One that was trained on from the other gains where its pictures were and forgets a little elsewhere; between them lies one that has
most of both. Which share is best, pictures say that neither was trained on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper


def main(words: list[str] | None = None) -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m training.mean", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.5, help="of the second")
    args = parser.parse_args(words)
    try:
        mixed = between(onnx.load(args.first), onnx.load(args.second), args.share)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    onnx.save(mixed, args.out)
    return 0


def between(first: onnx.ModelProto, second: onnx.ModelProto, share: float) -> onnx.ModelProto:
    """The first with each number moved on towards the second's."""
    others = {tensor.name: numpy_helper.to_array(tensor) for tensor in second.graph.initializer}
    mixed = onnx.ModelProto()
    mixed.CopyFrom(first)
    if others.keys() != {tensor.name for tensor in mixed.graph.initializer}:
        raise ValueError("These are not two networks of one plan.")
    for tensor in mixed.graph.initializer:
        own, other = numpy_helper.to_array(tensor), others[tensor.name]
        if own.shape != other.shape:
            raise ValueError("These are not two networks of one plan.")
        if own.dtype.kind == "f":
            new = (1 - share) * own.astype(np.float32) + share * other.astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(new.astype(own.dtype), tensor.name))
    return mixed


if __name__ == "__main__":
    sys.exit(main())
