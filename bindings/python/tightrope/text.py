"""Text that goes over the wire."""


def optional(name: str, text: str | None) -> str | None:
    """`text`, the argument `name`, if there is any."""
    return None if text is None else unicode(name, text)


def unicode(name: str, text: str) -> str:
    """`text`, the argument `name`, which can be written as UTF-8."""
    if not isinstance(text, str):
        raise TypeError(f"{name}: expected str, got {type(text).__name__}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name}: expected text without lone surrogates, got one at {error.start}") from None
    return text
