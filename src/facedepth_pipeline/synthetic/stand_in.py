"""The stand-in database before it is rendered: whoever writes it asks for the pairs that are missing."""

import ast
import hashlib
import inspect
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, fields
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
import scipy

import facedepth_pipeline
from facedepth_pipeline.data.texas.names import PairName
from facedepth_pipeline.depth import MM_PER_GREY_LEVEL, fitted_pitch, range_from_depth, unfit_points
from facedepth_pipeline.parameters import RelightableParameters, SynthesisParameters
from facedepth_pipeline.runtime.open3d_import import o3d
from facedepth_pipeline.synthetic.database import SyntheticPair, Take, plan_database, render_database
from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.head.sources import Heads

MIXTURE = ("african", "asian", "caucasian")
LOOKING_ON = ("people/anthropometry.py", "sheets.py", "stand_in.py")  # no pixel depends on them


@dataclass(frozen=True, eq=False)
class StandIn:
    """All takes of a stand-in database, to be rendered on demand.

    Attributes:
        heads: Head model of each source.
        parameters: What the plan was drawn from.
        takes: One for each pair, image ids from 0001 on.
        digest: Stands for everything that the bytes of the pairs depend on; equal digests, equal pairs.
    """

    heads: Heads
    parameters: SynthesisParameters
    takes: list[Take]
    digest: str

    @property
    def names(self) -> list[PairName]:
        """Names of all pairs, in order."""
        return [take.name for take in self.takes]

    def metadata(self) -> list[dict[str, str]]:
        """A row for each pair: who and what it shows, known without rendering it."""
        return [
            {
                "image_id": take.name.image_id,
                "sex": take.subject.sex,
                "age": str(take.subject.age),
                "ethnicity": take.subject.ethnicity,
                "expression": take.capture.expression,
                **{name: f"{take.subject.mixture[name]:.2f}" for name in MIXTURE},
                "light": take.capture.light,
                "preset": self.parameters.preset,
                "source": take.subject.source,
                "tone": f"{take.subject.tone:.2f}",
            }
            for take in self.takes
        ]

    def render(self, names: Collection[PairName]) -> Generator[SyntheticPair, None, None]:
        """Render the pairs of these names, in the order of the plan and one by one."""
        wanted = set(names)
        takes = [take for take in self.takes if take.name in wanted]
        return render_database(self.heads, takes, self.parameters.processes)


def plan_stand_in(heads: Heads, parameters: SynthesisParameters) -> StandIn:
    """Draw all people and takes; nothing is rendered yet."""
    return StandIn(heads, parameters, plan_database(parameters, heads), rendering_digest(heads, parameters))


def rendering_digest(heads: Heads, parameters: SynthesisParameters | RelightableParameters) -> str:
    """64 hexadecimal digits that change with the parameters, the head models, the renderer and its libraries.

    The number of processes is left out: it changes no pair.
    """
    digest = hashlib.sha256(parameters.model_dump_json(exclude={"processes"}).encode())
    digest.update(f"numpy {np.__version__}, scipy {scipy.__version__}, open3d {o3d.__version__}".encode())
    for head in sorted(heads):
        for field in fields(HeadModel):
            array = np.asarray(getattr(heads[head], field.name))
            digest.update(f"{head} {field.name} {array.dtype.str} {array.shape}".encode() + array.tobytes())
    digest.update(f"{MM_PER_GREY_LEVEL} mm".encode())
    for function in (range_from_depth, fitted_pitch, unfit_points):
        digest.update(_without_comments(inspect.getsource(function)))
    for name, source in sorted(_sources(files(facedepth_pipeline).joinpath("synthetic"))):
        digest.update(name.encode() + _without_comments(source))
    return digest.hexdigest()


def _without_comments(source: str | bytes) -> bytes:
    """Python source without comments and docstrings: no pixel depends on them."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            del body[0]
    return ast.unparse(tree).encode()


def _sources(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """Path below the folder and content of each Python file that pixels depend on."""
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            yield from _sources(entry, f"{name}/")
        elif name.endswith(".py") and name not in LOOKING_ON:
            yield name, entry.read_bytes()
