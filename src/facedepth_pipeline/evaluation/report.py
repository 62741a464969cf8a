"""The evaluation as one self-contained HTML page."""

import base64
import io
from collections.abc import Mapping
from html import escape
from typing import Any

from matplotlib.figure import Figure

from facedepth_pipeline.evaluation.metrics import WITHIN_MM
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
    "normal_angle_deg": "normals, degrees",
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
        pictures: ``per_subject``, ``error_faces``, ``regions``, ``cases``, and ``doubt`` and ``training_curves``, which
            may be None.
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
    return "" if value is None else f"{value:.2f}"


def _interval(interval: Interval | None, form: str, digits: str = ".2f") -> str:
    return "" if interval is None else form.format(f"{interval[0]:{digits}} to {interval[1]:{digits}}")


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
