"""What an artist sets once for all scenes: the device and the folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import AddonPreferences, Context

from .engine.pack.install import place_in
from .engine.pack.pieces import libraries_in
from .engine.settings import DeviceChoice

_DEVICES = {
    DeviceChoice.AUTO: ("Automatic", "The graphics card where one works, else the processor"),
    DeviceChoice.CPU: ("Processor", "Leave the graphics card alone"),
    DeviceChoice.CUDA: ("NVIDIA (CUDA)", ""),
    DeviceChoice.METAL: ("Apple (Metal)", ""),
    DeviceChoice.VULKAN: ("Vulkan", ""),
    DeviceChoice.AMDGPU: ("AMD (ROCm)", ""),
}


Page = Callable[[AddonPreferences, Context], None]
pages: list[Page] = []  # what is drawn: the panels add it, which know the operators


class MAQUETTE_preferences(AddonPreferences):
    """Maquette's page in the preferences."""

    bl_idname = __package__

    device: EnumProperty(
        name="Device",
        description="What computes the models",
        items=[(device.value, label, tip) for device, (label, tip) in _DEVICES.items()],
        default=DeviceChoice.AUTO.value,
    )
    folder: StringProperty(
        name="Models Folder",
        description="Where models are computed and kept. Empty: a folder of Maquette's own among Blender's user files",
        subtype="DIR_PATH",
    )
    networks: StringProperty(
        name="Networks Folder",
        description="Where the weights of networks lie that you add yourself, for depth from a single photo. "
        "Models from several photos need none. Empty: a folder of Maquette's own among Blender's user files",
        subtype="DIR_PATH",
    )
    pack: StringProperty(
        name="PyTorch Folder",
        description="A folder that has PyTorch and transformers already, such as an environment of your own for the same Python. "
        "Empty: the pack that Maquette adds to a folder of its own when you ask for it",
        subtype="DIR_PATH",
    )
    show_networks: BoolProperty(
        name="Depth Networks",
        description="Strong networks for the depth of a single photo, from files that you have",
        options={"SKIP_SAVE"},
    )

    def draw(self, context: Context) -> None:
        for page in pages:
            page(self, context)


def of(context: Context) -> MAQUETTE_preferences:
    """The extension's preferences."""
    return context.preferences.addons[__package__].preferences


def models_folder(context: Context) -> Path:
    """Where models go unless the artist names a folder."""
    return _folder(of(context).folder, "models")


def networks_folder(context: Context) -> Path:
    """Where weights are looked for."""
    return _folder(of(context).networks, "networks")


def pack_home() -> Path:
    """Where Maquette puts the PyTorch pack."""
    return _folder("", "pack")


def pack_folder(context: Context) -> Path | None:
    """The libraries that the engine is to find PyTorch in, or None: the artist's folder, else the pack that was added."""
    chosen = of(context).pack
    if chosen:
        folder = Path(bpy.path.abspath(chosen))
        return libraries_in(folder) or folder
    own = place_in(pack_home())
    return own if own.is_dir() else None


def _folder(chosen: str, own: str) -> Path:
    return Path(bpy.path.abspath(chosen) if chosen else bpy.utils.extension_path_user(__package__, path=own))


register, unregister = bpy.utils.register_classes_factory((MAQUETTE_preferences,))
