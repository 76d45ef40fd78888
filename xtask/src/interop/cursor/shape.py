"""Prints the shape of the X pointer as JSON: width, height, hot spot, pixels as 0xAARRGGBB row by row.

There is no usual small program for this, and both libraries are there wherever xtask runs X programs.
"""
import ctypes
import json


class CursorImage(ctypes.Structure):
    _fields_ = [
        ("x", ctypes.c_short), ("y", ctypes.c_short),
        ("width", ctypes.c_ushort), ("height", ctypes.c_ushort),
        ("hot_x", ctypes.c_ushort), ("hot_y", ctypes.c_ushort),
        ("serial", ctypes.c_ulong), ("pixels", ctypes.POINTER(ctypes.c_ulong)),
        ("atom", ctypes.c_ulong), ("name", ctypes.c_char_p),
    ]


x11 = ctypes.CDLL("libX11.so.6")
fixes = ctypes.CDLL("libXfixes.so.3")
x11.XOpenDisplay.restype = ctypes.c_void_p
fixes.XFixesGetCursorImage.argtypes = [ctypes.c_void_p]
fixes.XFixesGetCursorImage.restype = ctypes.POINTER(CursorImage)

display = x11.XOpenDisplay(None)
if not display:
    raise SystemExit("cannot open the display")
image = fixes.XFixesGetCursorImage(display).contents
count = image.width * image.height
print(json.dumps({
    "width": image.width, "height": image.height, "hot_x": image.hot_x, "hot_y": image.hot_y,
    "pixels": [image.pixels[i] & 0xFFFFFFFF for i in range(count)],
}))
