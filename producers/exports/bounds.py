"""How much may come out of what is compressed. Nothing that it says about itself is believed: bytes are counted."""

from schemas.errors import DataFault

# ListenBrainz writes a member for each month; a lifetime of daily files still fits.
MAX_MEMBERS = 10_000
# Listens shrink to a tenth, a bomb to a thousandth. Small members may shrink as they like.
_MAX_RATIO = 250
_ALWAYS_ALLOWED_BYTES = 16 * 2**20
_MAX_BYTES = 16 * 2**30


def allowed(compressed: int) -> int:
    """How many bytes may come out of that many."""
    return min(_MAX_BYTES, max(_ALWAYS_ALLOWED_BYTES, _MAX_RATIO * compressed))


def bomb(label: str) -> DataFault:
    """More came out."""
    return DataFault(f"{label} holds far more than its size allows: it is made to fill memory or disks")


class Budget:
    """How many bytes may come out of one container, whichever members they come from; `outer` pays for them too."""

    def __init__(self, label: str, compressed: int, outer: "Budget | None" = None) -> None:
        self._label = label
        self._left = allowed(compressed)
        self._outer = outer

    def spend(self, size: int) -> None:
        """So many more came out. Raises DataFault where that is too much."""
        self._left -= size
        if self._left < 0:
            raise bomb(self._label)
        if self._outer is not None:
            self._outer.spend(size)
