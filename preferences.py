"""What an artist sets once for all scenes: the device and the folder for models."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy.types import AddonPreferences, Context

from .engine.settings import DeviceChoice

_DEVICES = {
    DeviceChoice.AUTO: ("Automatic", "The graphics card where one works, else the processor"),
    DeviceChoice.CPU: ("Processor", "Leave the graphics card alone"),
    DeviceChoice.CUDA: ("NVIDIA (CUDA)", ""),
    DeviceChoice.METAL: ("Apple (Metal)", ""),
    DeviceChoice.VULKAN: ("Vulkan", ""),
    DeviceChoice.AMDGPU: ("AMD (ROCm)", ""),
}


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

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "device")
        layout.prop(self, "folder")


def of(context: Context) -> MAQUETTE_preferences:
    """The extension's preferences."""
    return context.preferences.addons[__package__].preferences


def models_folder(context: Context) -> Path:
    """Where models go unless the artist names a folder."""
    chosen = of(context).folder
    return Path(bpy.path.abspath(chosen) if chosen else bpy.utils.extension_path_user(__package__, path="models"))


register, unregister = bpy.utils.register_classes_factory((MAQUETTE_preferences,))
