"""Depth networks, on the preferences' page: the PyTorch pack, and the list of networks with their licences and whether they are there."""

from __future__ import annotations

from bpy.types import Context, UILayout

from .. import preferences
from ..engine.mono.cards import CARDS, Card, Library
from ..engine.mono.found import FoundWeights
from ..operators import networks
from ..operators.empty_cache import in_words
from ..operators.runner import is_busy
from .lines import draw_line


def draw_networks(layout: UILayout, context: Context) -> None:
    """Folded away until somebody wants it: Maquette's own network needs none of it."""
    page = preferences.of(context)
    head = layout.row()
    icon = "DOWNARROW_HLT" if page.show_networks else "RIGHTARROW"
    head.prop(page, "show_networks", icon=icon, emboss=False)
    if not page.show_networks:
        return
    column = layout.column()
    draw_line(
        column,
        context,
        "INFO",
        "Maquette's own network works at once. Stronger ones are their makers': get a file, put it here.",
    )
    settings = column.column()
    settings.use_property_split = True
    settings.prop(page, "networks")
    settings.prop(page, "pack")
    _draw_pack(column, context)
    there = networks.in_folder.latest(preferences.networks_folder(context))
    for card in CARDS:
        if not card.embedded:
            _draw_card(column, context, card, None if there is None else there.get(card.name), there is None)


def _draw_pack(layout: UILayout, context: Context) -> None:
    box = layout.box()
    folder = preferences.pack_folder(context)
    row = box.row()
    if is_busy() and "pack" in context.window_manager.maquette.stage:
        state = context.window_manager.maquette
        row.progress(factor=state.progress, text=state.stage)
        row.operator("maquette.cancel", text="", icon="X")
        return
    if folder is None:
        row.label(text="The PyTorch pack is not there", icon="PACKAGE")
        row.operator("maquette.add_pack", text="Add PyTorch Pack …", icon="IMPORT")
        if preferences.pack_home().exists():
            row.operator("maquette.remove_pack", text="", icon="TRASH")
        return
    pack = networks.pack_in.latest(folder)
    if pack is None:
        row.label(text="looking …", icon="PACKAGE")
    elif pack.problem:
        draw_line(row, context, "WARNING", pack.problem)
    else:
        row.label(text=f"PyTorch {pack.versions['torch']} is there", icon="CHECKMARK")
        if pack.missing:
            box.label(text=f"Without {', '.join(pack.missing)}")
    if preferences.of(context).pack:
        return  # the artist's own folder is the artist's
    row.operator("maquette.add_pack", text="Add Again …", icon="FILE_REFRESH")
    row.operator("maquette.remove_pack", text="Remove", icon="TRASH")


def _draw_card(layout: UILayout, context: Context, card: Card, found: FoundWeights | None, looking: bool) -> None:
    box = layout.box().column(align=True)
    row = box.row()
    icon = "CHECKMARK" if found and not found.problem else "ERROR" if found else "BLANK1"
    row.label(text=card.title, icon=icon)
    row.label(text=f"{card.licence}" if card.commercial else f"{card.licence}: not for commercial work")
    row.operator("wm.url_open", text="", icon="URL").url = card.page
    metres = ", metres" if card.metric else ""
    needs = "" if card.library is Library.OPENCV else "needs the pack"
    box.label(text=f"{card.good_at} {in_words(card.megabytes * 1_000_000)}{metres}, {needs}.", icon="BLANK1")
    if found is not None:
        box.label(text=found.problem or found.path.name, icon="BLANK1")
    elif not looking:
        box.label(text=f"Not found. It is {card.files}.", icon="BLANK1")
