"""The evaluation as one self-contained HTML page."""

import base64
import io
from collections.abc import Mapping
from html import escape
from typing import Any

from matplotlib.figure import Figure

from facedepth_pipeline.evaluation.metrics import WITHIN_MM
from facedepth_pipeline.evaluation.regions import REGIONS
from facedepth_pipeline.evaluation.scoring import on_all_pixels
from facedepth_pipeline.evaluation.statistics import Interval
from facedepth_pipeline.generator.sidecar import GeneratorSidecar

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #8886; }
td { white-space: nowrap; }
th { vertical-align: bottom; font-size: .85rem; }
th:first-child, td:first-child { text-align: left; }
tr.own td { font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
img { max-width: 100%; background: #fff; border-radius: 4px; margin: .3rem 0; }
.headline { font-size: 1.6rem; margin: .4rem 0; }
.limit { border-left: 4px solid #d80; padding-left: .8rem; }
.note { opacity: .75; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { font-weight: 600; } }
"""
COLUMNS = {
    "mae_mm_eroded": "MAE, inner",
    "mae_mm_shift_aligned": "MAE, shift aligned",
    "p95_mm": "95th percentile",
    "bias_mm": "bias",
    "nose_protrusion_error_mm": "nose protrusion",
}


def write_report(
    metrics: Mapping[str, Any],
    sidecar: GeneratorSidecar,
    promotion: Mapping[str, Any],
    doubt: Mapping[str, Any],
    pictures: Mapping[str, Figure | None],
    test_subjects: Mapping[str, Figure],
) -> str:
    """Compose the page.

    Args:
        metrics: ``depth_metrics``.
        sidecar: Of the generator that was measured.
        promotion: What was decided, with ``reason``.
        doubt: ``doubt_calibration``, empty if it was not checked.
        pictures: ``per_subject``, ``error_faces``, ``regions``, ``cases``, and ``identity``, ``doubt`` and
            ``training_curves``, which may be None.
        test_subjects: A figure for each held-out person, by subject id.
    """
    curves = pictures["training_curves"]
    people = "".join(
        f"<details><summary>Subject {escape(subject)}</summary>"
        f"{_image(figure, f'Errors of subject {subject}')}</details>"
        for subject, figure in test_subjects.items()
    )
    around = _interval(metrics["mae_mm_ci95"], "(95 % interval {} mm)")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Depth error on held-out people</title><style>{STYLE}</style></head><body>
<h1>Depth error on held-out people</h1>
<p class="headline"><b>{metrics["mae_mm"]:.2f} mm</b> mean absolute error {around}</p>
<p>{metrics["subjects"]} people, {metrics["images"]} images of the test split. Errors are taken inside the true
mask, without alignment, averaged within a person, then over people; intervals resample people.</p>
{_limits(metrics)}
<h2>Beside the baselines</h2>
<div class="scroll">{_baseline_table(metrics)}</div>
<p class="note">In millimetres where nothing else is said. <i>Difference</i>: generator less baseline, paired by person;
below 0 the generator is better. <i>Inner</i>, and all columns after it: at least {metrics["erosion_px"]} pixels from
the rim of the mask. <i>Shift aligned</i>: one offset an image forgiven.</p>
<div class="scroll">{_detail_table(metrics)}</div>
{_image(pictures["per_subject"], "Mean absolute error of each person")}
{_likeness(metrics, pictures["identity"])}
<h2>Where on the face</h2>
{_image(pictures["error_faces"], "Mean error in each pixel, signed and unsigned")}
{_image(pictures["regions"], "Mean absolute error of each region")}
<h2>Best and worst</h2>
{_image(pictures["cases"], "The images with the lowest and the highest error")}
{_doubt(doubt, pictures["doubt"])}
<h2>Each held-out person</h2>{people}
{"<h2>Training</h2>" + _image(curves, "Losses and validation error over epochs") if curves else ""}
<h2>Model and data</h2>
{_facts(metrics, sidecar, promotion)}
</body></html>
"""


def _doubt(doubt: Mapping[str, Any], picture: Figure | None) -> str:
    if not doubt:
        return ""
    images = doubt["image_correlation"]
    over_images = "" if images is None else f", over the {doubt['images']} images {images:+.2f}"
    interval = _interval(doubt["pixel_correlation_ci95"], "(95 % interval {})", "+.2f")
    return f"""<h2>Does it know when it is wrong?</h2>
<p>Each photo was predicted {doubt["samples"]} times, with dropout and mirrored. Rank correlation of spread and
error: over the pixels of an image <b>{doubt["pixel_correlation"]:+.2f}</b> {interval}{over_images}. Errors lie within
twice the spread at {100 * doubt["within_two"]:.0f} % of the pixels; were the spread the error to be expected, it would
be 95 %.</p>
{_image(picture, "Error against spread")}"""


def _likeness(metrics: Mapping[str, Any], picture: Figure | None) -> str:
    """How true the faces are, beside the baselines, and beside each method from elsewhere on its own pixels."""
    foreign = {name: figures for name, figures in metrics["baselines"].items() if "on_same_pixels" in figures}
    compared = on_all_pixels(metrics)
    return f"""<h2>How true are the faces?</h2>
<p>A photo hardly says how far away a face is or where it looks. Errors are therefore taken after the shift in z and the
tilts about x and y that fit best, without scale, at least {metrics["erosion_px"]} pixels from the rim of the mask and
within 75 mm of the nose tip.</p>
<div class="scroll">{_likeness_table(compared)}</div>
<p class="note"><i>Difference</i>: generator less baseline, paired by person. <i>Normals</i>: mean angle between the
predicted and the true surface. <i>Roughness</i>: ripple of two to four pixels in units of the ripple of the truth;
above 1 a mesh shows stripes, below 1 it lacks details. <i>Recovered identity</i>: how much of what sets a person apart
from the other people is predicted. <i>R²</i> is 1 for all of it and 0 for one face for everybody; the <i>slope</i> says
how strongly peculiarities are predicted, the <i>correlation</i> how rightly.</p>
{"".join(_beside_foreign(name, figures) for name, figures in foreign.items())}
{_identity(compared | foreign, picture)}"""


def _beside_foreign(name: str, figures: Mapping[str, Any]) -> str:
    said = escape(name.replace("_", " "))
    missing = figures["images_missing"]
    lacks = f" It lacks {len(missing)} images, first {escape(', '.join(missing[:5]))}." if missing else ""
    return f"""<h3>On the pixels of {said}</h3>
<p>{said} comes from elsewhere. It covers {100 * figures["coverage"]:.0f} % of that part of the face on
{figures["images"]} images of {figures["subjects"]} people, and all are measured there alone.{lacks}</p>
<div class="scroll">{_likeness_table(figures["on_same_pixels"] | {name: figures})}</div>"""


def _likeness_table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    body = []
    for name, figures in rows.items():
        paired, identity = figures.get("generator_difference_aligned"), figures["recovered_identity"] or {}
        body.append(
            _row(
                name,
                _number(figures["mae_mm_aligned"]),
                _interval(figures["mae_mm_aligned_ci95"], "{}"),
                "" if paired is None else f"{paired['difference']:+.2f}{_interval(paired['ci95'], ' ({})', '+.2f')}",
                _number(figures["normal_angle_deg"]),
                _number(figures["roughness"]),
                _number(identity.get("r2")),
                _interval(identity.get("r2_ci95"), "{}"),
                _number(identity.get("slope")),
                _number(identity.get("correlation")),
            )
        )
    heads = (
        "aligned MAE, mm", "95 % interval", "difference", "normals, degrees", "roughness",
        "recovered identity: R²", "95 % interval", "slope", "correlation",
    )  # fmt: skip
    return _table(heads, body)


def _identity(rows: Mapping[str, Mapping[str, Any]], picture: Figure | None) -> str:
    """Recovered identity by region, and its picture."""
    known = {name: figures["recovered_identity"] for name, figures in rows.items() if figures["recovered_identity"]}
    if not known:
        return '<p class="limit">Fewer than three people: nothing sets one apart from the others.</p>'
    body = [
        _row(name, *(_number(identity["by_region"][region]["r2"]) for region in REGIONS))
        for name, identity in known.items()
    ]
    return f"""<h3>Recovered identity of each region, R²</h3>
<div class="scroll">{_table(REGIONS, body)}</div>
{_image(picture, "What sets people apart from the others: truth above, predictions below")}
<p class="note">Some people, from the best recovered to the worst. Above: the truth of a person less the mean of the
other people. Below: the prediction less the mean prediction of the method. Red is nearer.</p>"""


def _limits(metrics: Mapping[str, Any]) -> str:
    """What a reader must know before believing a figure."""
    limits = [f"{name.replace('_', ' ')} is missing: {why}." for name, why in metrics["baselines_left_out"].items()]
    if metrics["subjects"] == 1:
        limits.append("One person: nothing here says how other people would fare, so there is no interval.")
    elif metrics["subjects"] < 5:
        limits.append(f"{metrics['subjects']} people: the intervals are too narrow, as those of few people are.")
    if seen := metrics["test_subjects_with_ids_of_training"]:
        limits.append(
            f"The generator was trained on subjects of the same id: {', '.join(seen)}. If this is the database it was "
            "trained on, these figures are of people it knows."
        )
    return "".join(f'<p class="limit">{escape(limit)}</p>' for limit in limits)


def _rows(metrics: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [("generator", metrics), *metrics["baselines"].items()]


def _baseline_table(metrics: Mapping[str, Any]) -> str:
    body = []
    for name, figures in _rows(metrics):
        paired = figures.get("generator_difference")
        difference = (
            "" if paired is None else f"{paired['difference']:+.2f}{_interval(paired['ci95'], ' ({})', '+.2f')}"
        )
        body.append(
            _row(
                name,
                f"{figures['mae_mm']:.2f}",
                _interval(figures["mae_mm_ci95"], "{}"),
                f"{figures['rmse_mm']:.2f}",
                difference,
                f"{figures['mae_normalized']:.4f}",
                f"{figures['rmse_normalized']:.4f}",
            )
        )
    heads = ("MAE", "95 % interval", "RMSE", "difference of MAE", "whole image, normalized: MAE", "RMSE")
    return _table(heads, body)


def _detail_table(metrics: Mapping[str, Any]) -> str:
    columns = dict(COLUMNS)
    if metrics["images_with_fiducials"]:
        columns["fiducial_mae_mm"] = f"at fiducials ({metrics['images_with_fiducials']} images)"
    within = {f"within_{limit}mm": f"within {limit} mm" for limit in WITHIN_MM}
    body = [
        _row(
            name,
            *(_number(figures[column]) for column in columns),
            *(f"{100 * figures[column]:.0f} %" for column in within),
        )
        for name, figures in _rows(metrics)
    ]
    return _table((*columns.values(), *within.values()), body)


def _table(heads: tuple[str, ...], body: list[str]) -> str:
    return f"<table><tr><th></th>{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr>{''.join(body)}</table>"


def _row(name: str, *cells: str) -> str:
    own = ' class="own"' if name == "generator" else ""
    return f"<tr{own}><td>{escape(name.replace('_', ' '))}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _number(value: float | None) -> str:
    return "" if value is None else _figure(value, ".2f")


def _interval(interval: Interval | None, form: str, digits: str = ".2f") -> str:
    return "" if interval is None else form.format(" to ".join(_figure(end, digits) for end in interval))


def _figure(value: float, digits: str) -> str:
    """The figure as text, 0 without a minus."""
    text = f"{value:{digits}}"
    return text if float(text) else f"{0:{digits}}"


def _facts(metrics: Mapping[str, Any], sidecar: GeneratorSidecar, promotion: Mapping[str, Any]) -> str:
    recipe = sidecar.parameters
    facts = {
        "Model": metrics["model_uri"],
        "Champion": f"{'promoted' if promotion['promoted'] else 'not promoted'}. {promotion['reason']}",
        "Trained on": f"{len(sidecar.training_subjects)} people",
        "Recipe": ", ".join(
            f"{name} {recipe[name]}"
            for name in ("recipe", "width", "adversary", "epochs", "batch_size")
            if name in recipe
        ),
        "Frame": f"fit {sidecar.fit}, {sidecar.pitch.x_mm:.4f} x {sidecar.pitch.y_mm:.4f} mm a pixel, orthographic",
        "Meant for": "frontal photos of one adult face in even light; depth is relief over a fixed plane, not distance",
        "Licence": sidecar.licence,
        "Test data": f"digest {metrics['data_digest']}: figures of another digest do not compare",
        "Training data": f"digest {sidecar.data_digest}",
    }
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in facts.items()) + "</dl>"


def _image(figure: Figure | None, alternative: str) -> str:
    if figure is None:
        return ""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=90)
    encoded = base64.b64encode(data.getvalue()).decode()
    return f'<img alt="{escape(alternative)}" src="data:image/png;base64,{encoded}">'
