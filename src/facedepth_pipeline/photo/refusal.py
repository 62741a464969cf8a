"""Photos that cannot be used, and how to say so to the person who took them."""

from enum import StrEnum


class RefusalReason(StrEnum):
    """Why a photo was refused: stable codes for manifests, exit messages and translations."""

    UNDECODABLE = "undecodable"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    NOT_FRONTAL = "not_frontal"
    CUT_OFF = "cut_off"
    NOT_ALIGNED = "not_aligned"
    NO_SURFACE = "no_surface"
    # nothing is wrong with the photo for all we know, but a batch could not be held up by it:
    UNREADABLE = "unreadable"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"


class PhotoRefused(ValueError):
    """A photo the pipeline cannot turn into a face; the next photo of a batch is not affected.

    Attributes:
        reason_code: What kind of problem it is.
        sentence: What was found, what is expected and what to do, for the user.
    """

    def __init__(self, reason_code: RefusalReason, sentence: str) -> None:
        # Both go to ValueError, so that the exception survives pickling between Dask workers.
        super().__init__(reason_code, sentence)
        self.reason_code = reason_code
        self.sentence = sentence

    def __str__(self) -> str:
        return f"{self.sentence} ({self.reason_code})"
