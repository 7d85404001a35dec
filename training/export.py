"""A checkpoint ─► engine/mono/embedded.onnx: `python -m training.export CHECKPOINT OUT.onnx`."""

from __future__ import annotations

import argparse
import copy
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from training.network import IN_CHANNELS, Convolution, DepthNet, Plan, plan_of

OPSET = 17
LARGE = 256  # tensors of fewer numbers stay whole
HALF = "_half"  # the end of the names of those that do not
SIZE = (288, 384)  # what is traced; the file takes any multiples of 32


def main(words: list[str] | None = None) -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="a file of training.train, or 'random'")
    parser.add_argument("out", type=Path)
    args = parser.parse_args(words)
    net = untrained() if str(args.checkpoint) == "random" else load(args.checkpoint)
    write(net, args.out)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")
    return 0


def untrained(plan: Plan | None = None, seed: int = 0) -> DepthNet:
    """Random weights, of a kind that every layer shows in the answer."""
    torch.manual_seed(seed)
    net = DepthNet(plan)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.normal_(module.bias, std=0.1)
    nn.init.normal_(net.head.weight, std=0.1)
    with torch.no_grad():
        net(torch.rand(2, IN_CHANNELS, 192, 256))
    return net.eval()


def load(checkpoint: Path) -> DepthNet:
    """The averaged weights of a checkpoint."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    net = DepthNet(plan_of(state))
    net.load_state_dict(state["average"])
    return net.eval()


def folded(net: DepthNet) -> DepthNet:
    """The same function without normalisation: its scale and shift go into the convolution before it."""
    net = copy.deepcopy(net).eval()
    for module in net.modules():
        if isinstance(module, Convolution):
            module[0] = torch.nn.utils.fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    return net


def write(net: DepthNet, out: Path) -> None:
    """The network as ONNX, one file, sides free."""
    out.parent.mkdir(parents=True, exist_ok=True)
    height, width = SIZE
    torch.onnx.export(
        folded(net),
        (torch.rand(1, IN_CHANNELS, height, width),),
        str(out),
        input_names=["picture"],
        output_names=["answer"],
        dynamic_axes={"picture": {2: "height", 3: "width"}, "answer": {2: "half_height", 3: "half_width"}},
        opset_version=OPSET,
        dynamo=False,
    )
    halve(out)


def halve(path: Path) -> None:
    """Stores the weights as half floats, each followed by a cast that the reader works out once: half the bytes, the same speed."""
    model = onnx.load(path)
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= LARGE:
            kept.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + HALF))
            casts.append(helper.make_node("Cast", [kept[-1].name], [tensor.name], to=TensorProto.FLOAT))
        else:
            kept.append(tensor)
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


if __name__ == "__main__":
    sys.exit(main())
