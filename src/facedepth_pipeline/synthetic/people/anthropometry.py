"""Measures of faces, beside those of measured adults.

Eight caliper measures of anthropometry, in millimetres, taken on the neutral shape of the head model:

===============  =====================================================================================
face_height      sellion to menton, the lowest point of the chin
nose_height      sellion to subnasale
face_width       bizygomatic: between the widest points of the skin over the cheekbones
head_breadth     between the widest points of the scalp, without hair
nose_protrusion  subnasale to pronasale
nose_breadth     between the wings of the nose where they are widest
mouth_width      cheilion to cheilion
interpupillary   between the centres of the eyes
===============  =====================================================================================

Sources of ``PUBLISHED``:

- All but two come from the NIOSH survey of 3,997 adults who wear respirators at work (Zhuang and
  Bradtmiller, Head-and-face anthropometric survey of U.S. respirator users, J. Occup. Environ. Hyg. 2(11),
  567-576, 2005): 2,543 men and 1,454 women of its public data set RD-10130-2020-0, unweighted; the paper
  itself weights them to the U.S. population. The figures here are those that
  github.com/EricSpencer00/faciometry computed from the data (``src/vitruve/norms/data/niosh2003.json``).
- ``head_breadth`` is that of ANSUR II (2012 U.S. Army survey, 4,082 men and 1,986 women), as tabulated by a
  public repository that read its data.
- ``nose_protrusion`` is recalled from the paper of 2005 and could not be checked against it. An
  independent survey by stereophotogrammetry, 3D Facial Norms, has 21.1 and 20.0 mm for men and women of 19
  to 25 years (Kesterke et al., Biol. Sex Differ. 7:23, 2016, supplement; as quoted in public source code).
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from facedepth_pipeline.parameters import HeadSource
from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.people.face_shape import Sex
from facedepth_pipeline.synthetic.people.subjects import Subject


class Norm(NamedTuple):
    """Mean and standard deviation over measured adults of one sex, mm."""

    mean_mm: float
    sd_mm: float


MEASURES = {
    "face_height": "face height (sellion-menton)",
    "nose_height": "nose height (sellion-subnasale)",
    "face_width": "face width (bizygomatic)",
    "head_breadth": "head breadth",
    "nose_protrusion": "nose protrusion (subnasale-pronasale)",
    "nose_breadth": "nose breadth",
    "mouth_width": "mouth width (cheilion-cheilion)",
    "interpupillary": "interpupillary distance",
}
SEXES: tuple[Sex, ...] = ("female", "male")
PUBLISHED: dict[str, dict[Sex, Norm]] = {
    "face_height": {"female": Norm(114.2, 6.5), "male": Norm(123.2, 7.2)},
    "nose_height": {"female": Norm(47.7, 3.8), "male": Norm(51.9, 4.1)},
    "face_width": {"female": Norm(136.2, 6.5), "male": Norm(143.9, 6.9)},
    "head_breadth": {"female": Norm(147.8, 5.2), "male": Norm(154.3, 5.5)},
    "nose_protrusion": {"female": Norm(19.8, 2.7), "male": Norm(21.1, 2.7)},
    "nose_breadth": {"female": Norm(35.8, 4.9), "male": Norm(37.8, 4.8)},
    "mouth_width": {"female": Norm(49.2, 4.5), "male": Norm(51.7, 4.3)},
    "interpupillary": {"female": Norm(63.1, 4.0), "male": Norm(65.1, 3.8)},
}

# Canonical places that are no landmarks of a fiducials file, mm.
MENTON_MM = (0.0, -116.3, 14.0)
NOSE_WINGS_MM = ((-17.7, -41.6, 28.5), (17.7, -41.6, 28.5))  # the landmarks alare lie farther forward
SEX_COLOURS = {"female": "#b5476b", "male": "#2f6f9f"}


def measure_face(head_model: HeadModel, shape_vertices: np.ndarray) -> dict[str, float]:
    """The eight measures of one face.

    Args:
        head_model: Says which vertex is which.
        shape_vertices: (V, 3) mm, as ``HeadModel.shape`` returns them.

    Returns:
        Measure to millimetres, in the order of ``MEASURES``.

    Raises:
        ValueError: If the vertices are not those of this head model.
    """
    if shape_vertices.shape != head_model.vertices.shape:
        raise ValueError(
            f"shape_vertices must have the shape {head_model.vertices.shape} of this head model; "
            f"received {shape_vertices.shape}."
        )
    vertices = shape_vertices.astype(np.float64)
    at = {name: vertices[head_model.landmark(name)] for name in head_model.landmark_names}
    right_wing, left_wing = (vertices[skin_vertex_at(head_model, wing)] for wing in NOSE_WINGS_MM)
    right_eye, left_eye = (_centre(vertices[_region(head_model, name)]) for name in ("right_eye", "left_eye"))
    return {
        "face_height": _distance(at["sellion"], vertices[skin_vertex_at(head_model, MENTON_MM)]),
        "nose_height": _distance(at["sellion"], at["subnasale"]),
        "face_width": float(np.ptp(vertices[cheekbone_vertices(head_model), 0])),
        "head_breadth": float(np.ptp(vertices[_region(head_model, "scalp"), 0])),
        "nose_protrusion": _distance(at["subnasale"], at["pronasale"]),
        "nose_breadth": _distance(right_wing, left_wing),
        "mouth_width": _distance(at["right_cheilion"], at["left_cheilion"]),
        "interpupillary": _distance(right_eye, left_eye),
    }


def measure_subjects(heads: Mapping[HeadSource, HeadModel], subjects: Iterable[Subject]) -> pd.DataFrame:
    """Each person once, with the measures of the neutral face.

    Args:
        heads: Head model of each source that a subject comes from.
        subjects: The people; repetitions count once.

    Returns:
        Columns subject_id, sex, age, ethnicity and those of ``MEASURES`` in mm, in order of first appearance.
    """
    once = {subject.subject_id: subject for subject in subjects}
    rows = [
        {
            "subject_id": subject.subject_id,
            "sex": subject.sex,
            "age": subject.age,
            "ethnicity": subject.ethnicity,
            **measure_face(heads[subject.source], heads[subject.source].shape(subject.shape)),
        }
        for subject in once.values()
    ]
    return pd.DataFrame(rows, columns=["subject_id", "sex", "age", "ethnicity", *MEASURES])


def compare_with_published(table: pd.DataFrame) -> pd.DataFrame:
    """Means and standard deviations by sex beside the published ones.

    Args:
        table: As ``measure_subjects`` returns it, with two people of each sex at least.

    Returns:
        A row for each measure and sex: measure, sex, n, mean_mm, sd_mm, published_mean_mm,
        published_sd_mm, and difference_sd, by how many published standard deviations the mean is larger.
    """
    rows = []
    for measure, norms in PUBLISHED.items():
        for sex in SEXES:
            values = table.loc[table["sex"] == sex, measure]
            norm = norms[sex]
            rows.append(
                {
                    "measure": measure,
                    "sex": sex,
                    "n": len(values),
                    "mean_mm": values.mean(),
                    "sd_mm": values.std(),
                    "published_mean_mm": norm.mean_mm,
                    "published_sd_mm": norm.sd_mm,
                    "difference_sd": (values.mean() - norm.mean_mm) / norm.sd_mm,
                }
            )
    return pd.DataFrame(rows)


def draw_anthropometry(table: pd.DataFrame) -> Figure:
    """Histogram of each measure, women upward and men downward, over the published mean ± 1 SD."""
    columns = 4
    figure = Figure(figsize=(13, 6), layout="constrained")
    axes = figure.subplots(-(-len(MEASURES) // columns), columns, squeeze=False)
    for axis, (measure, label) in zip(axes.flat, MEASURES.items(), strict=True):
        _draw_measure(axis, table, measure)
        axis.set_title(label, fontsize=9)
    for axis in axes[-1]:
        axis.set_xlabel("mm")
    counts = table["sex"].value_counts()
    people = ", ".join(f"{counts.get(sex, 0)} {sex}" for sex in SEXES)
    figure.suptitle(f"Measures of the stand-in people ({people}); bands: measured adults, mean ± 1 SD", fontsize=10)
    return figure


def cheekbone_vertices(head_model: HeadModel) -> np.ndarray:
    """(N,) numbers of the skin's vertices over the zygomatic arches, in front of the ears."""
    x, y, z = head_model.canonical.T
    near = (np.abs(x) > 60) & (y > -42) & (y < 0) & (z > -50)
    return np.flatnonzero(near & _region(head_model, "skin"))


def skin_vertex_at(head_model: HeadModel, place_mm: tuple[float, float, float]) -> int:
    """Number of the vertex of the skin that is nearest to a canonical place."""
    distance = np.linalg.norm(head_model.canonical - np.array(place_mm), axis=1)
    return int(np.where(_region(head_model, "skin"), distance, np.inf).argmin())


def _draw_measure(axis: Axes, table: pd.DataFrame, measure: str) -> None:
    edges = np.histogram_bin_edges(table[measure], bins=24)
    tallest = 0.0
    for sex, direction in zip(SEXES, (1, -1), strict=True):
        values = table.loc[table["sex"] == sex, measure]
        share, _ = np.histogram(values, edges)
        share = 100 * share / max(len(values), 1)
        tallest = max(tallest, share.max())
        norm, colour = PUBLISHED[measure][sex], SEX_COLOURS[sex]
        half = (0.5, 1.0) if direction > 0 else (0.0, 0.5)
        axis.axvspan(norm.mean_mm - norm.sd_mm, norm.mean_mm + norm.sd_mm, *half, color=colour, alpha=0.18, lw=0)
        axis.axvline(norm.mean_mm, *half, color=colour, linewidth=1.5)
        axis.stairs(direction * share, edges, fill=True, color=colour, alpha=0.6)
        axis.text(0.02, 0.95 if direction > 0 else 0.03, sex, color=colour, transform=axis.transAxes, fontsize=8,
                  va="top" if direction > 0 else "bottom")  # fmt: skip
    axis.axhline(0, color="black", linewidth=0.6)
    axis.set_ylim(-1.1 * tallest, 1.1 * tallest)
    axis.set_yticks([])
    axis.spines[["left", "top", "right"]].set_visible(False)
    axis.tick_params(labelsize=8)


def _region(head_model: HeadModel, name: str) -> np.ndarray:
    return head_model.regions == head_model.region_names.index(name)


def _centre(points: np.ndarray) -> np.ndarray:
    return (points.min(axis=0) + points.max(axis=0)) / 2


def _distance(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.linalg.norm(first - second))
