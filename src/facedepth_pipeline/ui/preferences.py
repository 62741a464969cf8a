"""What the window remembers from one time to the next. One of the modules that open files."""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from platformdirs import user_config_path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from facedepth_pipeline.mesh.formats import WINDOW_FORMATS
from facedepth_pipeline.parameters import Mesher
from facedepth_pipeline.storage.whole_files import write_atomically

RECENT_PHOTOS = 6
FILE_NAME = "window.json"


def _known_format(name: str) -> str:
    if name not in WINDOW_FORMATS:
        raise ValueError(f"received {name!r}; expected one of {', '.join(WINDOW_FORMATS)}")
    return name


class Preferences(BaseModel):
    """Choices of a person.

    Attributes:
        size: Of the window, in units of 1/96 inch.
        theme: Colours.
        text_size: Everything is drawn this many times larger than the display asks for.
        model: None for the best there is, else as the command line takes it.
        mesher: As in the parameters of the pipeline.
        save_format: The one that was used last.
        save_folder: The one that was used last; empty: that of the photo.
        recent: Photos, the last one first.
    """

    model_config = ConfigDict(frozen=True)

    size: tuple[Annotated[int, Field(ge=320, le=20_000)], Annotated[int, Field(ge=240, le=20_000)]] = (1280, 800)
    theme: Literal["dark", "light"] = "dark"
    text_size: Annotated[float, Field(ge=0.5, le=3)] = 1.0
    model: str | None = None
    mesher: Mesher = "grid"
    save_format: Annotated[str, AfterValidator(_known_format)] = "glb"
    save_folder: str = ""
    recent: tuple[str, ...] = ()

    def after(self, photo: str) -> "Preferences":
        """With a photo before the other recent ones."""
        recent = (photo, *(other for other in self.recent if other != photo))
        return self.model_copy(update={"recent": recent[:RECENT_PHOTOS]})


class PreferenceStore:
    """A JSON file, and thumbnails of recent photos beside it, that only their owner may read.

    Args:
        folder: Where; None for the place where the system keeps settings, or what ``FACEDEPTH_HOME`` says.
    """

    def __init__(self, folder: Path | None = None) -> None:
        home = os.environ.get("FACEDEPTH_HOME")
        self.folder = folder or (Path(home) if home else user_config_path("facedepth", appauthor=False))

    @property
    def log_path(self) -> Path:
        """For tracebacks of what should not happen."""
        return self.folder / "window.log"

    def load(self) -> Preferences:
        """What was saved; defaults where nothing was, or the file was damaged."""
        try:
            return Preferences.model_validate_json((self.folder / FILE_NAME).read_bytes())
        except (OSError, ValueError):
            return Preferences()

    def save(self, preferences: Preferences, thumbnails: Mapping[str, bytes] = MappingProxyType({})) -> None:
        """Keep them, and thumbnails of the recent photos alone.

        Args:
            preferences: Choices.
            thumbnails: PNG files of photos that have none yet.

        Raises:
            OSError: If something cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for photo, thumbnail_png in thumbnails.items():
            write_atomically(self.thumbnail(photo), thumbnail_png)
        wanted = {self.thumbnail(photo) for photo in preferences.recent}
        for thumbnail in set(self.folder.glob("*.png")) - wanted:
            thumbnail.unlink(missing_ok=True)
        write_atomically(self.folder / FILE_NAME, preferences.model_dump_json(indent=2).encode())

    def thumbnail(self, photo: str) -> Path:
        """Where the thumbnail of a photo is, if there is one."""
        return self.folder / f"{sha256(photo.encode()).hexdigest()[:16]}.png"
