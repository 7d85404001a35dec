"""A released network made trainable again: embedded.onnx, whose normalisations went into its convolutions ─► a DepthNet of the same answers.

The optimiser's state is not in the file, so a run that starts from one warms up anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training.export import HALF
from training.network import Convolution, DepthNet, Plan


@torch.no_grad()
def unfold(path: Path, plan: Plan, pictures: Tensor) -> DepthNet:
    """The network in `path`. What each normalisation would have seen is measured on `pictures`, a batch of inputs."""
    numbers = {
        tensor.name.removesuffix(HALF): torch.from_numpy(numpy_helper.to_array(tensor).copy()).float()
        for tensor in onnx.load(path).graph.initializer
    }
    net = DepthNet(plan).eval()
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d) and f"{name}.weight" in numbers:
            module.weight.copy_(numbers[f"{name}.weight"])
            if module.bias is not None:
                module.bias.copy_(numbers[f"{name}.bias"])
    hooks = [
        module.register_forward_hook(_measured(numbers[f"{name}.0.bias"]))
        for name, module in net.named_modules()
        if isinstance(module, Convolution)
    ]
    net(pictures)
    for hook in hooks:
        hook.remove()
    return net


def _measured(bias: Tensor) -> Callable[[nn.Module, tuple[Tensor], Tensor], Tensor]:
    """Sets a normalisation so that it takes away what it sees and gives it back at once, with the bias that the file has."""

    def hook(module: nn.Module, given: tuple[Tensor], _: Tensor) -> Tensor:
        convolution, normal, *rest = module
        seen = convolution(given[0])
        mean, spread = seen.mean((0, 2, 3)), seen.var((0, 2, 3), unbiased=False)
        normal.running_mean.copy_(mean)
        normal.running_var.copy_(spread)
        normal.weight.copy_((spread + normal.eps).sqrt())
        normal.bias.copy_(bias + mean)
        answer = normal(seen)
        return rest[0](answer) if rest else answer

    return hook
