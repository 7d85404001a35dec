"""The network: one photo and its pixels' coordinates ─► inverse depth (up to scale) and the sky's probability.

An encoder of plain dense convolutions (they are what a CPU's matrix units and OpenCV's dnn are fastest at), a trunk at 1/32 that
sees the whole picture (wide dilations, and means of rows, of columns and of everything), and a light decoder to half the size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MULTIPLE = 32  # the sides of the input are multiples of it
IN_CHANNELS = 5  # red, green, blue, x, y
OUT_CHANNELS = 2  # inverse depth, sky


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How wide and how deep; saved with the weights."""

    widths: tuple[int, int, int, int, int] = (32, 64, 128, 192, 256)  # at 1/2, 1/4, 1/8, 1/16, 1/32
    blocks: tuple[int, int, int] = (1, 2, 2)  # at 1/4, 1/8, 1/16
    dilations: tuple[int, ...] = (1, 2, 4, 1, 2, 1)  # the trunk's blocks at 1/32
    narrow: int = 2  # the trunk's 3x3 convolutions work on this fraction of its channels
    decoder: tuple[int, int, int] = (64, 96, 128)  # at 1/4, 1/8, 1/16


def plan_of(saved: dict[str, Any]) -> Plan:
    """The plan of a checkpoint."""
    return Plan(**{name: tuple(value) if isinstance(value, list) else value for name, value in saved["plan"].items()})


def coordinates(height: int, width: int) -> Tensor:
    """x and y of each pixel's centre, (2, H, W): 0 in the middle, ±1 at the ends of the longer side."""
    half = max(height, width) / 2
    x = (torch.arange(width) + 0.5 - width / 2) / half
    y = (torch.arange(height) + 0.5 - height / 2) / half
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)])


class Convolution(nn.Sequential):
    """Convolution, normalisation, and ReLU where asked."""

    def __init__(
        self, inputs: int, outputs: int, size: int = 3, *, stride: int = 1, dilation: int = 1, relu: bool = True
    ):
        pad = dilation * (size // 2)
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, size, stride, pad, dilation, bias=False),
            nn.BatchNorm2d(outputs, momentum=0.02),
        ]
        if relu:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)


class Block(nn.Module):
    """Two 3x3 convolutions beside a way straight through."""

    def __init__(self, channels: int):
        super().__init__()
        self.body = nn.Sequential(Convolution(channels, channels), Convolution(channels, channels, relu=False))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu_(x + self.body(x))


class WideBlock(nn.Module):
    """A dilated bottleneck, then what the rows, the columns and the whole picture hold on average, told to every place."""

    def __init__(self, channels: int, dilation: int, narrow: int):
        super().__init__()
        inner = channels // narrow
        self.body = nn.Sequential(
            Convolution(channels, inner, 1),
            Convolution(inner, inner, 3, dilation=dilation),
            Convolution(inner, channels, 1, relu=False),
        )
        self.rows = nn.Conv2d(channels, inner, 1)
        self.columns = nn.Conv2d(channels, inner, 1)
        self.whole = nn.Conv2d(channels, inner, 1)
        self.tell = Convolution(inner, channels, 1, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu_(x + self.body(x))
        rows = x.mean(3, keepdim=True)
        columns = x.mean(2, keepdim=True)
        whole = rows.mean(2, keepdim=True)
        # each with its own ReLU: OpenCV's dnn would fuse a bare sum of different shapes into a convolution, and fail
        context = F.relu(self.rows(rows)) + F.relu(self.columns(columns)) + F.relu(self.whole(whole))
        return torch.relu_(x + self.tell(context))


class Climb(nn.Module):
    """Doubles the size and adds what the encoder saw there."""

    def __init__(self, inputs: int, beside: int, outputs: int):
        super().__init__()
        self.lift = nn.Conv2d(inputs, outputs, 1)
        self.beside = nn.Conv2d(beside, outputs, 1, bias=False)
        self.mix = Convolution(outputs, outputs)

    def forward(self, x: Tensor, beside: Tensor) -> Tensor:
        lifted = F.interpolate(self.lift(x), scale_factor=2.0, mode="nearest")
        return self.mix(torch.relu_(lifted + self.beside(beside)))


class DepthNet(nn.Module):
    """(N, 5, H, W) ─► (N, 2, H/2, W/2): inverse depth ≥ 0 and the sky's probability.

    In training the sky is a logit, and a coarse inverse depth (N, H/16, W/16) comes with it.
    """

    def __init__(self, plan: Plan | None = None):
        super().__init__()
        self.plan = plan = plan or Plan()
        half, quarter, eighth, sixteenth, coarsest = plan.widths
        self.stem = nn.Conv2d(IN_CHANNELS, half, 3, 2, 1)
        self.quarter = self._level(half, quarter, plan.blocks[0])
        self.eighth = self._level(quarter, eighth, plan.blocks[1])
        self.sixteenth = self._level(eighth, sixteenth, plan.blocks[2])
        self.down = Convolution(sixteenth, coarsest, stride=2)
        self.trunk = nn.Sequential(*(WideBlock(coarsest, d, plan.narrow) for d in plan.dilations))
        d4, d8, d16 = plan.decoder
        self.to_sixteenth = Climb(coarsest, sixteenth, d16)
        self.to_eighth = Climb(d16, eighth, d8)
        self.to_quarter = Climb(d8, quarter, d4)
        self.coarse = nn.Conv2d(
            d16, 1, 1
        )  # in training alone: the layout gets an answer of its own, so that it is learnt soon
        self.lift = nn.Conv2d(d4, half, 1)
        self.head = nn.Conv2d(half, OUT_CHANNELS, 3, 1, 1)
        self._start()

    @staticmethod
    def _level(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
        return nn.Sequential(Convolution(inputs, outputs, stride=2), *(Block(outputs) for _ in range(blocks)))

    def _start(self) -> None:
        """Each block starts as a way straight through, and the head near inverse depth 1."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for module in self.modules():
            if isinstance(module, Block):
                nn.init.zeros_(module.body[-1][1].weight)
            if isinstance(module, WideBlock):
                nn.init.zeros_(module.body[-1][1].weight)
                nn.init.zeros_(module.tell[1].weight)
        nn.init.normal_(self.head.weight, std=0.01)
        with torch.no_grad():
            self.head.bias.copy_(torch.tensor([0.5, -2.0]))
            self.coarse.weight.mul_(0.1)
            self.coarse.bias.fill_(0.5)

    def forward(self, x: Tensor) -> Any:
        half = torch.relu_(self.stem(x))
        quarter = self.quarter(half)
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        y = self.trunk(self.down(sixteenth))
        y = layout = self.to_sixteenth(y, sixteenth)
        y = self.to_eighth(y, eighth)
        y = self.to_quarter(y, quarter)
        y = torch.relu_(F.interpolate(self.lift(y), scale_factor=2.0, mode="nearest") + half)
        near, sky = self.head(y).float().split(1, 1)
        if self.training:
            return torch.cat([F.softplus(near), sky], 1), F.softplus(self.coarse(layout).float())[:, 0]
        return torch.cat([F.softplus(near), torch.sigmoid(sky)], 1)


def parameters_in(net: nn.Module) -> int:
    """How many numbers there are to learn."""
    return sum(p.numel() for p in net.parameters())
