"""Places on a desktop."""

from typing import NamedTuple


class Rect(NamedTuple):
    """Pixels from `left` and `top` on, `width` across and `height` down."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns, to index a picture with: `picture[rect.slices]`."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    @property
    def area(self) -> int:
        """Its pixels."""
        return self.width * self.height
