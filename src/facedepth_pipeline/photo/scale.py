"""Where the millimetres of a face come from: a single photo has no scale."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Scale:
    """What fixes the size of a face.

    Attributes:
        kind: ``measured``: the interpupillary distance of the person was given; ``assumed``: the mean of the training
            portraits stands in for it; ``database``: the photo lies in the frame of the database, whose pixels
            measure 0.32 mm.
        interpupillary_mm: Distance between the centres of the pupils, millimetres; None for ``database``.
    """

    kind: Literal["measured", "assumed", "database"]
    interpupillary_mm: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether the size is more than an assumption."""
        return self.kind != "assumed"

    def __str__(self) -> str:
        match self.kind:
            case "measured":
                return f"measured: interpupillary distance {self.interpupillary_mm:g} mm"
            case "assumed":
                return (
                    f"assumed: interpupillary distance {self.interpupillary_mm:.1f} mm, "
                    "the mean of the training portraits"
                )
            case "database":
                return "0.32 mm per pixel, as portraits of the database have"
