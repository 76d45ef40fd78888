"""Keys by name and characters: their X11 keysyms."""

_UNICODE = 0x0100_0000

_NAMED = {
    "return": 0xFF0D,
    "enter": 0xFF0D,
    "tab": 0xFF09,
    "escape": 0xFF1B,
    "esc": 0xFF1B,
    "backspace": 0xFF08,
    "delete": 0xFFFF,
    "del": 0xFFFF,
    "insert": 0xFF63,
    "ins": 0xFF63,
    "home": 0xFF50,
    "left": 0xFF51,
    "up": 0xFF52,
    "right": 0xFF53,
    "down": 0xFF54,
    "pageup": 0xFF55,
    "pgup": 0xFF55,
    "pagedown": 0xFF56,
    "pgdn": 0xFF56,
    "end": 0xFF57,
    "print": 0xFF61,
    "pause": 0xFF13,
    "scrolllock": 0xFF14,
    "numlock": 0xFF7F,
    "capslock": 0xFFE5,
    "menu": 0xFF67,
    "space": 0x20,
    "minus": 0x2D,
    "plus": 0x2B,
    "shift": 0xFFE1,
    "rshift": 0xFFE2,
    "ctrl": 0xFFE3,
    "control": 0xFFE3,
    "rctrl": 0xFFE4,
    "meta": 0xFFE7,
    "rmeta": 0xFFE8,
    "alt": 0xFFE9,
    "ralt": 0xFFEA,
    "altgr": 0xFE03,
    "super": 0xFFEB,
    "win": 0xFFEB,
    "rsuper": 0xFFEC,
    "kpenter": 0xFF8D,
    "kpadd": 0xFFAB,
    "kpsubtract": 0xFFAD,
    "kpmultiply": 0xFFAA,
    "kpdivide": 0xFFAF,
    "kpdecimal": 0xFFAE,
} | {f"f{number}": 0xFFBD + number for number in range(1, 36)} | {f"kp{digit}": 0xFFB0 + digit for digit in range(10)}

_TYPED = {"\n": 0xFF0D, "\r": 0xFF0D, "\t": 0xFF09, "\b": 0xFF08, "\x1b": 0xFF1B, "\x7f": 0xFFFF}

_NAMES = {keysym: name for name, keysym in reversed(_NAMED.items())}


def of_character(character: str) -> int:
    """The keysym that types one character: Latin-1 is its own, other characters are Unicode keysyms; `\\n` is Return."""
    if character in _TYPED:
        return _TYPED[character]
    code = ord(character)
    if code < 0x20 or 0x7F <= code < 0xA0:
        raise ValueError(f"text: expected characters that a key types, got {character!r}")
    if 0xD800 <= code < 0xE000:
        raise ValueError(f"text: expected text without lone surrogates, got {character!r}")
    return code if code < 0x100 else _UNICODE + code


def of_name(name: str) -> int:
    """The keysym of a key: one character, a name such as `return`, `pageup`, `f5`, `kp_3`, or a number, `0xff0d`."""
    if not isinstance(name, str):
        raise TypeError(f"key: expected str, got {type(name).__name__}")
    if len(name) == 1:
        return of_character(name)
    plain = name.lower().replace("_", "")
    if plain in _NAMED:
        return _NAMED[plain]
    if plain.startswith("0x"):
        digits = plain[2:]
        if 1 <= len(digits) <= 8 and all(digit in "0123456789abcdef" for digit in digits):
            return int(digits, 16)
    raise ValueError(f"key: expected a character, or a name such as return, f5 or pageup, got {name!r}")


def chord(keys: str) -> list[int]:
    """The keysyms of keys held together: `ctrl-alt-del`, `ctrl-c`, `f5`, `a`, `ctrl--` (Control and minus)."""
    if not isinstance(keys, str):
        raise TypeError(f"key: expected str, got {type(keys).__name__}")
    if keys == "-":
        names = [keys]
    elif keys.endswith("--"):
        names = [*keys[:-2].split("-"), "-"]
    else:
        names = keys.split("-")
    if "" in names:
        raise ValueError(f"key: expected keys with - between them, such as ctrl-c, got {keys!r}")
    return [of_name(name) for name in names]


def name(keysym: int) -> str:
    """What `of_name` takes for a keysym: its character, its name, or its number."""
    if keysym in _NAMES:
        return _NAMES[keysym]
    if 0x20 < keysym < 0x7F or 0xA0 <= keysym < 0x100:
        return chr(keysym)
    if _UNICODE + 0x100 <= keysym <= _UNICODE + 0x10FFFF:
        return chr(keysym - _UNICODE)
    return f"{keysym:#x}"
