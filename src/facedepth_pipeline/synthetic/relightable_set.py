"""A training set of relightable faces before it is rendered.

It has a format of its own, so it may be larger than the 999 people that a file name of the Texas database has room for.
"""

from collections.abc import Collection, Generator
from dataclasses import dataclass
from functools import partial

import pandas as pd

from facedepth_pipeline.data.layers import RelightablePair
from facedepth_pipeline.parameters import Fit, RelightableParameters
from facedepth_pipeline.synthetic.database import draw_subject, render_takes, take_generator
from facedepth_pipeline.synthetic.head.sources import Heads
from facedepth_pipeline.synthetic.people.captures import Capture, sample_capture
from facedepth_pipeline.synthetic.people.imbalance import even_takes
from facedepth_pipeline.synthetic.people.subjects import Subject
from facedepth_pipeline.synthetic.rendering import HeadRenderer
from facedepth_pipeline.synthetic.stand_in import rendering_digest


@dataclass(frozen=True)
class RelightableTake:
    """One capture to render as layers.

    Attributes:
        image_id: Source, number of the person and number of the take, for example ``ict-00012-1``.
        person_id: Source and number of the person.
        subject: The person.
        capture: Pose, expression, camera and what is worn; its light and its backdrop are not used.
    """

    image_id: str
    person_id: str
    subject: Subject
    capture: Capture


@dataclass(frozen=True, eq=False)
class RelightableSet:
    """All takes of a set, to be rendered on demand.

    Attributes:
        heads: Head model of each source.
        takes: One for each pair.
        fit: How the 751x501 frame becomes 256x256.
        processes: Workers; 0 takes one for each core.
        digest: Digest of everything that the pairs depend on; equal digests, equal pairs.
    """

    heads: Heads
    takes: list[RelightableTake]
    fit: Fit
    processes: int
    digest: str

    @property
    def table(self) -> pd.DataFrame:
        """One row for each pair: who and what it shows."""
        columns = ["image_id", "subject_id", "source", "sex", "age", "ethnicity", "tone", "expression", "glasses"]
        rows = [
            (
                take.image_id,
                take.person_id,
                take.subject.source,
                take.subject.sex,
                take.subject.age,
                take.subject.ethnicity,
                take.subject.tone,
                take.capture.expression,
                take.capture.glasses is not None,
            )
            for take in self.takes
        ]
        return pd.DataFrame(rows, columns=columns)

    def render(self, image_ids: Collection[str]) -> Generator[RelightablePair, None, None]:
        """Render the pairs of these ids, in the order of the set and one by one."""
        wanted = set(image_ids)
        takes = [take for take in self.takes if take.image_id in wanted]
        return render_takes(self.heads, takes, self.processes, partial(render_relightable, fit=self.fit))


def plan_relightable_set(heads: Heads, parameters: RelightableParameters, fit: Fit) -> RelightableSet:
    """Draw all people and takes; nothing is rendered yet."""
    takes: list[RelightableTake] = []
    counts = even_takes(parameters.subjects, parameters.pairs) if parameters.subjects else []
    for number, count in enumerate(counts, start=1):
        subject = draw_subject(parameters.seed, number, parameters.heads, heads)
        person_id = f"{subject.source}-{number:05d}"
        for take in range(1, count + 1):
            rng = take_generator(parameters.seed, number, take)
            capture = sample_capture(rng, first=take == 1, preset="wild", range_realism="clean")
            takes.append(RelightableTake(f"{person_id}-{take}", person_id, subject, capture))
    digest = rendering_digest(heads, parameters) if takes else ""
    return RelightableSet(heads, takes, fit, parameters.processes, f"{digest} {fit}")


def render_relightable(renderer: HeadRenderer, take: RelightableTake, fit: Fit) -> RelightablePair:
    """Render one take as layers and depth."""
    layers, depth_map = renderer.render_layers(take.subject, take.capture, fit)
    return RelightablePair(take.image_id, take.person_id, take.subject.source, layers, depth_map, fit)
