"""Drags files from a file manager that is not there and drops them at X Y of the screen: the X11 drag-and-drop protocol, by ctypes.

python3 tests/window/drag.py X Y FILE…

It is what a hand does with the mouse, told by the same messages; exit code 0 if the window took them. Runs beside Blender.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
import time
from ctypes import POINTER, Structure, Union, byref, c_char, c_char_p, c_int, c_long, c_ubyte, c_uint, c_ulong, c_void_p
from pathlib import Path
from typing import Any

SELECTION_REQUEST, SELECTION_NOTIFY, CLIENT_MESSAGE = 30, 31, 33
VERSION = 3  # of the protocol, as Blender speaks it
PATIENCE = 10.0  # seconds for the window to take them
STEPS = 8  # the pointer comes from the side


class Message(Structure):
    """XClientMessageEvent."""

    _fields_ = [
        ("type", c_int), ("serial", c_ulong), ("sent", c_int), ("display", c_void_p), ("window", c_ulong),
        ("kind", c_ulong), ("format", c_int), ("data", c_long * 5),
    ]  # fmt: skip


class Request(Structure):
    """XSelectionRequestEvent."""

    _fields_ = [
        ("type", c_int), ("serial", c_ulong), ("sent", c_int), ("display", c_void_p), ("owner", c_ulong),
        ("requestor", c_ulong), ("selection", c_ulong), ("target", c_ulong), ("property", c_ulong), ("time", c_ulong),
    ]  # fmt: skip


class Answer(Structure):
    """XSelectionEvent."""

    _fields_ = [
        ("type", c_int), ("serial", c_ulong), ("sent", c_int), ("display", c_void_p), ("requestor", c_ulong),
        ("selection", c_ulong), ("target", c_ulong), ("property", c_ulong), ("time", c_ulong),
    ]  # fmt: skip


class Event(Union):
    """XEvent."""

    _fields_ = [("type", c_int), ("message", Message), ("request", Request), ("answer", Answer), ("room", c_long * 24)]


class Drag:
    """The files in the hand."""

    def __init__(self, files: list[Path]) -> None:
        self.x = _library()
        self.display = self.x.XOpenDisplay(None)
        assert self.display, "there is no screen"
        self.root = self.x.XDefaultRootWindow(self.display)
        self.window = self.x.XCreateSimpleWindow(self.display, self.root, 0, 0, 1, 1, 0, 0, 0)
        self.listed = "".join(f"{path.absolute().as_uri()}\r\n" for path in files).encode()
        self.x.XSetSelectionOwner(self.display, self.atom("XdndSelection"), self.window, 0)

    def atom(self, name: str) -> int:
        return int(self.x.XInternAtom(self.display, name.encode(), 0))

    def drop(self, x: int, y: int) -> bool:
        """Moves there and lets go."""
        target = self.below(x, y)
        kinds = self.atom("text/uri-list"), 0, 0
        self.tell(target, "XdndEnter", VERSION << 24, *kinds)
        for step in range(STEPS):
            near = x + 10 * (STEPS - 1 - step)
            self.x.XWarpPointer(self.display, 0, self.root, 0, 0, 0, 0, near, y)
            self.tell(target, "XdndPosition", 0, near << 16 | y, 0, self.atom("XdndActionCopy"))
            self.hear("XdndStatus", 0.5)
        self.tell(target, "XdndDrop", 0, 0, 0, 0)
        return self.hear("XdndFinished", PATIENCE)

    def below(self, x: int, y: int) -> int:
        """The outermost window there that takes drops."""
        window, child, nothing = self.root, c_ulong(), c_int()
        while True:
            self.x.XTranslateCoordinates(
                self.display, self.root, window, x, y, byref(nothing), byref(nothing), byref(child)
            )
            assert child.value, "no window there takes files"
            window = child.value
            if self.takes(window):
                return window

    def takes(self, window: int) -> bool:
        kind, form, count, left, data = c_ulong(), c_int(), c_ulong(), c_ulong(), POINTER(c_ubyte)()
        found = [byref(kind), byref(form), byref(count), byref(left), byref(data)]
        self.x.XGetWindowProperty(self.display, window, self.atom("XdndAware"), 0, 1, 0, 0, *found)
        return count.value > 0

    def tell(self, target: int, name: str, *data: int) -> None:
        event = Event()
        event.message.type, event.message.display, event.message.window = CLIENT_MESSAGE, self.display, target
        event.message.kind, event.message.format = self.atom(name), 32
        event.message.data = (c_long * 5)(self.window, *data)
        self.x.XSendEvent(self.display, target, 0, 0, byref(event))
        self.x.XFlush(self.display)

    def hear(self, name: str, patience: float) -> bool:
        """Waits for the window's word, and hands the list over when asked for it."""
        wanted, end = self.atom(name), time.monotonic() + patience
        while time.monotonic() < end:
            while self.x.XPending(self.display):
                event = Event()
                self.x.XNextEvent(self.display, byref(event))
                if event.type == SELECTION_REQUEST:
                    self.hand_over(event.request)
                elif event.type == CLIENT_MESSAGE and event.message.kind == wanted:
                    return True
            time.sleep(0.01)
        return False

    def hand_over(self, asked: Any) -> None:
        text = (c_char * len(self.listed)).from_buffer_copy(self.listed)
        self.x.XChangeProperty(
            self.display, asked.requestor, asked.property, asked.target, 8, 0, byref(text), len(self.listed)
        )
        event = Event()
        answer = event.answer
        answer.type, answer.display, answer.requestor = SELECTION_NOTIFY, self.display, asked.requestor
        answer.selection, answer.target, answer.property = asked.selection, asked.target, asked.property
        self.x.XSendEvent(self.display, asked.requestor, 0, 0, byref(event))
        self.x.XFlush(self.display)


def _library() -> Any:
    """Xlib; ctypes must be told what is wider than an int."""
    x = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
    x.XOpenDisplay.restype = c_void_p
    for name in ("XDefaultRootWindow", "XCreateSimpleWindow", "XInternAtom"):
        getattr(x, name).restype = c_ulong
    display, window, anywhere = c_void_p, c_ulong, c_void_p
    x.XOpenDisplay.argtypes = [c_char_p]
    x.XDefaultRootWindow.argtypes = [display]
    x.XCreateSimpleWindow.argtypes = [display, window, c_int, c_int, c_uint, c_uint, c_uint, c_ulong, c_ulong]
    x.XInternAtom.argtypes = [display, c_char_p, c_int]
    x.XSetSelectionOwner.argtypes = [display, c_ulong, window, c_ulong]
    x.XWarpPointer.argtypes = [display, window, window, c_int, c_int, c_uint, c_uint, c_int, c_int]
    x.XTranslateCoordinates.argtypes = [display, window, window, c_int, c_int, anywhere, anywhere, anywhere]
    x.XGetWindowProperty.argtypes = [display, window, c_ulong, c_long, c_long, c_int, c_ulong, *[anywhere] * 5]
    x.XSendEvent.argtypes = [display, window, c_int, c_long, anywhere]
    x.XChangeProperty.argtypes = [display, window, c_ulong, c_ulong, c_int, c_int, anywhere, c_int]
    x.XPending.argtypes = x.XFlush.argtypes = [display]
    x.XNextEvent.argtypes = [display, anywhere]
    return x


if __name__ == "__main__":
    sys.exit(0 if Drag([Path(word) for word in sys.argv[3:]]).drop(int(sys.argv[1]), int(sys.argv[2])) else 1)
