"""The head models that people are drawn from: one ships, the others lie where the user says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from facedepth_pipeline.parameters import HeadSource
from facedepth_pipeline.synthetic.head.foreign import NotThatModelError
from facedepth_pipeline.synthetic.head.gnm import read_gnm
from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.head.ict import read_ict

Heads = Mapping[HeadSource, HeadModel]


@dataclass(frozen=True, eq=False)
class HeadModels:
    """Where each head model comes from; a foreign one is read when it is asked for.

    Attributes:
        makehuman: The head model that ships.
        ict_root: A clone of ICT-FaceKit, or None.
        gnm_path: GNM's ``gnm_head.npz``, or None.
    """

    makehuman: HeadModel
    ict_root: Path | None = None
    gnm_path: Path | None = None

    def read(self, sources: Iterable[HeadSource]) -> dict[HeadSource, HeadModel]:
        """The head models of these sources.

        Raises:
            NotThatModelError: If a foreign model is asked for that is not where it should be.
        """
        return {source: self._read(source) for source in sources}

    def _read(self, source: HeadSource) -> HeadModel:
        if source == "makehuman":
            return self.makehuman
        path, read = {"ict": (self.ict_root, read_ict), "gnm": (self.gnm_path, read_gnm)}[source]
        if path is None:
            raise NotThatModelError(source, None)
        return read(path, self.makehuman)
