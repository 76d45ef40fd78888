"""painter.py SEED STROKES [no-copies]: paints at random over all of an X screen, windows included; the same seed paints the same.
painter.py FILE.ppm: puts a picture there.

Only the X library, which is there wherever an X program runs; pauses now and then so that a server sends in between.
"""
import ctypes
import random
import sys
import time

X = ctypes.CDLL("libX11.so.6")
pointer, number, word = ctypes.c_void_p, ctypes.c_int, ctypes.c_ulong
for name, result, arguments in [
    ("XOpenDisplay", pointer, [ctypes.c_char_p]),
    ("XDefaultRootWindow", word, [pointer]),
    ("XDefaultVisual", pointer, [pointer, number]),
    ("XCreateGC", pointer, [pointer, word, word, pointer]),
    ("XSetSubwindowMode", number, [pointer, pointer, number]),
    ("XSetForeground", number, [pointer, pointer, word]),
    ("XFillRectangle", number, [pointer, word, pointer] + [number] * 4),
    ("XDrawLine", number, [pointer, word, pointer] + [number] * 4),
    ("XCopyArea", number, [pointer, word, word, pointer] + [number] * 6),
    ("XCreateImage", pointer, [pointer, pointer, number, number, number, ctypes.c_char_p] + [number] * 4),
    ("XPutImage", number, [pointer, word, pointer, pointer] + [number] * 6),
    ("XSync", number, [pointer, number]),
    ("XDisplayWidth", number, [pointer, number]),
    ("XDisplayHeight", number, [pointer, number]),
]:
    function = getattr(X, name)
    function.restype, function.argtypes = result, arguments

picture = sys.argv[1] if len(sys.argv) == 2 else None
seed, strokes = (0, 0) if picture else (int(sys.argv[1]), int(sys.argv[2]))
draw = random.Random(seed)
display = X.XOpenDisplay(None)
if not display:
    raise SystemExit("cannot open the display")
root = X.XDefaultRootWindow(display)
width, height = X.XDisplayWidth(display, 0), X.XDisplayHeight(display, 0)
context = X.XCreateGC(display, root, 0, None)
X.XSetSubwindowMode(display, context, 1)  # IncludeInferiors: over the windows too


def area(most):
    """A place and a size of at most `most`, at the screen's edges as often as not."""
    w, h = draw.randint(1, most), draw.randint(1, most)
    x = draw.choice([0, width - w, draw.randint(0, width - w)])
    y = draw.choice([0, height - h, draw.randint(0, height - h)])
    return x, y, w, h


def colour():
    return draw.getrandbits(24)


def put(rows, place):
    """Puts rows of 32 bit pixels."""
    put_bytes(b"".join(pixel.to_bytes(4, "little") for row in rows for pixel in row), place)


def put_bytes(data, place):
    """Puts pixels of blue, green, red and nothing."""
    x, y, w, h = place
    keep = ctypes.create_string_buffer(data, len(data))
    image = X.XCreateImage(display, X.XDefaultVisual(display, 0), 24, 2, 0, None, w, h, 32, w * 4)
    # XImage begins with four ints and a pointer, which is the data; it stays ours.
    ctypes.cast(image + 16, ctypes.POINTER(pointer))[0] = ctypes.addressof(keep)
    X.XPutImage(display, root, context, image, 0, 0, x, y, w, h)
    X.XSync(display, 0)


def fill():
    X.XSetForeground(display, context, colour())
    X.XFillRectangle(display, root, context, *area(300))


def lines():
    for _ in range(draw.randint(1, 12)):
        X.XSetForeground(display, context, colour())
        (x, y, w, h) = area(200)
        X.XDrawLine(display, root, context, x, y, x + w, y + h)


def copy():
    x, y, w, h = area(300)
    X.XCopyArea(display, root, root, context, x, y, w, h, draw.randint(0, width - w), draw.randint(0, height - h))


def few_colours():
    x, y, w, h = area(90)
    palette = [colour() for _ in range(draw.choice([2, 2, 3, 5, 16, 17, 127, 128, 200, 256]))]
    put([[draw.choice(palette) for _ in range(w)] for _ in range(h)], (x, y, w, h))


def runs():
    x, y, w, h = area(90)
    palette, at = [colour() for _ in range(draw.choice([2, 4, 40]))], 0
    pixels = []
    while len(pixels) < w * h:
        pixels += [draw.choice(palette)] * draw.choice([1, 2, 7, 64, 255, 256, 257, 600])
    put([pixels[row * w:(row + 1) * w] for row in range(h)], (x, y, w, h))


def smooth():
    x, y, w, h = area(90)
    red, green, blue = draw.random() * 2, draw.random() * 2, draw.random() * 2
    level = lambda column, row, by: min(255, int((column + row) * by)) & 255
    put([[level(c, r, red) << 16 | level(c, r, green) << 8 | level(c, -r, blue) & 255 for c in range(w)]
         for r in range(h)], (x, y, w, h))


def noise():
    x, y, w, h = area(60)
    put([[colour() for _ in range(w)] for _ in range(h)], (x, y, w, h))


def put_file(name):
    with open(name, "rb") as file:
        _, w, h, _, rgb = file.read().split(maxsplit=4)
    w, h = int(w), int(h)
    data = bytearray(w * h * 4)
    data[0::4], data[1::4], data[2::4] = rgb[2::3], rgb[1::3], rgb[0::3]
    X.XSetSubwindowMode(display, context, 0)  # ClipByChildren: behind the windows
    put_bytes(bytes(data), (0, 0, w, h))


copies = [] if sys.argv[-1] == "no-copies" else [copy, copy]
if picture:
    put_file(picture)
for stroke in range(strokes):
    draw.choice([fill, fill, lines, few_colours, runs, smooth, noise] + copies)()
    if stroke % 30 == 29:
        X.XSync(display, 0)
        time.sleep(0.03)
X.XSync(display, 0)
