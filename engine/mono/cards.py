"""The networks that can read depth from one photo: names, licences, sizes, what each is good at, and which library opens it.

The one list: the command line, the panel and the documentation all read it. Licences are those of the weights, as their makers'
pages said in November 2025; where these contradict each other, the stricter one stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..errors import EngineError


class Library(str, Enum):
    """What opens a network's file: also the module in providers/ that does it."""

    OPENCV = "opencv"  # in the zip: nothing to add
    TRANSFORMERS = "transformers"
    DIFFUSERS = "diffusers"
    MOGE = "moge"
    DEPTH_ANYTHING_3 = "depth_anything_3"


@dataclass(frozen=True, kw_only=True)
class Card:
    """One network. `parameters` in millions, `megabytes` of the file or folder that the user gets. `repository` is its name on
    Hugging Face, `files` what of it is read."""

    name: str
    title: str
    licence: str
    commercial: bool  # whether its licence allows commercial use
    parameters: float
    megabytes: int
    good_at: str
    metric: bool
    library: Library
    repository: str = ""
    files: str = "a folder with config.json and model.safetensors"
    tells_focal: bool = False
    tells_sky: bool = False

    @property
    def embedded(self) -> bool:
        """Whether it comes with Maquette."""
        return self.name == EMBEDDED

    @property
    def page(self) -> str:
        """Where its makers offer it; empty for Maquette's own."""
        return f"https://huggingface.co/{self.repository}" if self.repository else ""


EMBEDDED = "embedded"
_APACHE, _MIT, _NC = "Apache-2.0", "MIT", "CC-BY-NC-4.0"
_FOLDER_3 = "a folder with config.json and model.safetensors"

CARDS: tuple[Card, ...] = (
    Card(
        name=EMBEDDED,
        title="Maquette's own",
        licence="CC0-1.0",
        commercial=True,
        parameters=5.2,
        megabytes=10,
        good_at="Works at once, without a download, in about a second. Coarser than the others.",
        metric=False,
        library=Library.OPENCV,
        files="embedded.onnx, which comes with Maquette",
        tells_sky=True,
    ),
    Card(
        name="depth-anything-v2-small",
        title="Depth Anything V2 Small",
        licence=_APACHE,
        commercial=True,
        parameters=24.8,
        megabytes=99,
        good_at="Any photo; clean edges, quick on a processor. The first to try.",
        metric=False,
        library=Library.TRANSFORMERS,
        repository="depth-anything/Depth-Anything-V2-Small-hf",
    ),
    Card(
        name="depth-anything-v2-base",
        title="Depth Anything V2 Base",
        licence=_NC,
        commercial=False,
        parameters=97.5,
        megabytes=390,
        good_at="Any photo; finer detail than Small.",
        metric=False,
        library=Library.TRANSFORMERS,
        repository="depth-anything/Depth-Anything-V2-Base-hf",
    ),
    Card(
        name="depth-anything-v2-large",
        title="Depth Anything V2 Large",
        licence=_NC,
        commercial=False,
        parameters=335.3,
        megabytes=1341,
        good_at="Any photo; hair, leaves and wires. Wants a graphics card.",
        metric=False,
        library=Library.TRANSFORMERS,
        repository="depth-anything/Depth-Anything-V2-Large-hf",
    ),
    Card(
        name="depth-anything-v2-indoor-small",
        title="Depth Anything V2 Metric Indoor Small",
        licence=_APACHE,
        commercial=True,
        parameters=24.8,
        megabytes=99,
        good_at="Rooms, in metres, up to 20 m.",
        metric=True,
        library=Library.TRANSFORMERS,
        repository="depth-anything/Depth-Anything-V2-Metric-Indoor-Small-hf",
    ),
    Card(
        name="depth-anything-v2-outdoor-small",
        title="Depth Anything V2 Metric Outdoor Small",
        licence=_APACHE,
        commercial=True,
        parameters=24.8,
        megabytes=99,
        good_at="Streets, in metres, up to 80 m.",
        metric=True,
        library=Library.TRANSFORMERS,
        repository="depth-anything/Depth-Anything-V2-Metric-Outdoor-Small-hf",
    ),
    Card(
        name="depth-anything-v2-indoor-large",
        title="Depth Anything V2 Metric Indoor Large",
        licence=_NC,
        commercial=False,
        parameters=335.3,
        megabytes=1341,
        good_at="Rooms, in metres, up to 20 m. Wants a graphics card.",
        metric=True,
        library=Library.TRANSFORMERS,
        repository="depth-anything/Depth-Anything-V2-Metric-Indoor-Large-hf",
    ),
    Card(
        name="depth-anything-v2-outdoor-large",
        title="Depth Anything V2 Metric Outdoor Large",
        licence=_NC,
        commercial=False,
        parameters=335.3,
        megabytes=1341,
        good_at="Streets, in metres, up to 80 m. Wants a graphics card.",
        metric=True,
        library=Library.TRANSFORMERS,
        repository="depth-anything/Depth-Anything-V2-Metric-Outdoor-Large-hf",
    ),
    Card(
        name="depth-anything-v3-small",
        title="Depth Anything 3 Small",
        licence=_APACHE,
        commercial=True,
        parameters=80,
        megabytes=140,
        good_at="Any photo; straight walls, and the lens is measured, too.",
        metric=False,
        library=Library.DEPTH_ANYTHING_3,
        repository="depth-anything/DA3-SMALL",
        files=_FOLDER_3,
        tells_focal=True,
    ),
    Card(
        name="depth-anything-v3-mono-large",
        title="Depth Anything 3 Mono Large",
        licence=_APACHE,
        commercial=True,
        parameters=350,
        megabytes=1400,
        good_at="Any photo; true shapes and the sky. Wants a graphics card.",
        metric=False,
        library=Library.DEPTH_ANYTHING_3,
        repository="depth-anything/DA3MONO-LARGE",
        files=_FOLDER_3,
        tells_sky=True,
    ),
    Card(
        name="depth-anything-v3-metric-large",
        title="Depth Anything 3 Metric Large",
        licence=_APACHE,
        commercial=True,
        parameters=350,
        megabytes=1400,
        good_at="In metres, where the lens is known; and the sky. Wants a graphics card.",
        metric=True,
        library=Library.DEPTH_ANYTHING_3,
        repository="depth-anything/DA3METRIC-LARGE",
        files=_FOLDER_3,
        tells_sky=True,
    ),
    Card(
        name="dpt-large",
        title="DPT Large (MiDaS 3)",
        licence=_APACHE,
        commercial=True,
        parameters=343,
        megabytes=1370,
        good_at="Any photo; older and softer.",
        metric=False,
        library=Library.TRANSFORMERS,
        repository="Intel/dpt-large",
    ),
    Card(
        name="dpt-hybrid-midas",
        title="DPT Hybrid (MiDaS 3)",
        licence=_APACHE,
        commercial=True,
        parameters=123,
        megabytes=490,
        good_at="Any photo; older, quicker than DPT Large.",
        metric=False,
        library=Library.TRANSFORMERS,
        repository="Intel/dpt-hybrid-midas",
    ),
    Card(
        name="midas-beit-large",
        title="MiDaS 3.1 BEiT Large",
        licence=_MIT,
        commercial=True,
        parameters=345,
        megabytes=1380,
        good_at="Any photo; the best of the MiDaS family. Wants a graphics card.",
        metric=False,
        library=Library.TRANSFORMERS,
        repository="Intel/dpt-beit-large-512",
    ),
    Card(
        name="zoedepth",
        title="ZoeDepth (rooms and streets)",
        licence=_MIT,
        commercial=True,
        parameters=347,
        megabytes=1380,
        good_at="Rooms and streets, in metres.",
        metric=True,
        library=Library.TRANSFORMERS,
        repository="Intel/zoedepth-nyu-kitti",
    ),
    Card(
        name="depth-pro",
        title="Apple Depth Pro",
        licence="Apple Machine Learning Research (research only)",
        commercial=False,
        parameters=952,
        megabytes=1905,
        good_at="In metres, with sharp edges (hair, fur), and the lens is measured, too. Wants a graphics card.",
        metric=True,
        library=Library.TRANSFORMERS,
        repository="apple/DepthPro-hf",
        tells_focal=True,
    ),
    Card(
        name="moge-2-small",
        title="MoGe-2 Small",
        licence=_MIT,
        commercial=True,
        parameters=35,
        megabytes=140,
        good_at="In metres; true shapes, the sky and the lens. Runs on a processor.",
        metric=True,
        library=Library.MOGE,
        repository="Ruicheng/moge-2-vits-normal-onnx",
        files="the file model.onnx",
        tells_focal=True,
        tells_sky=True,
    ),
    Card(
        name="moge-2-large",
        title="MoGe-2 Large",
        licence=_MIT,
        commercial=True,
        parameters=331,
        megabytes=1324,
        good_at="In metres; true shapes, the sky and the lens. The best all-rounder; wants a graphics card.",
        metric=True,
        library=Library.MOGE,
        repository="Ruicheng/moge-2-vitl-normal-onnx",
        files="the file model.onnx",
        tells_focal=True,
        tells_sky=True,
    ),
    Card(
        name="marigold",
        title="Marigold v1.1",
        licence="CreativeML Open RAIL++-M",
        commercial=True,
        parameters=950,
        megabytes=2600,
        good_at="Paintings and renders; fine relief. Slow: wants a graphics card.",
        metric=False,
        library=Library.DIFFUSERS,
        repository="prs-eth/marigold-depth-v1-1",
        files="the pipeline's folder with model_index.json",
    ),
)


def card_of(name: str) -> Card:
    """The card with that name."""
    for card in CARDS:
        if card.name == name:
            return card
    raise EngineError(
        "unknown_provider",
        f"No depth network is called {name!r}.",
        advice=f"There are: {', '.join(card.name for card in CARDS)}.",
    )
