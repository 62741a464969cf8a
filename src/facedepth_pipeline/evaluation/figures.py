"""Pictures of pairs, of progress, and of where the error is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from facedepth_pipeline.data.pairs import Pair, Pairs
from facedepth_pipeline.depth import MAX_DEPTH_MM, DepthMap
from facedepth_pipeline.evaluation.identity import Deviations, identity_of_people
from facedepth_pipeline.evaluation.regions import REGIONS, FacePoints, face_regions
from facedepth_pipeline.evaluation.scoring import on_all_pixels

DEPTH_COLOURS = "viridis"
ERROR_COLOURS = "RdBu_r"
ERROR_LIMIT_MM = 8.0
IDENTITY_LIMIT_MM = 5.0
REGION_COLOURS = ("tab:blue", "tab:orange", "tab:red", "tab:purple", "tab:green", "tab:olive")


def new_figure(rows: int, columns: int, height_in: float = 2.4) -> tuple[Figure, np.ndarray]:
    """A figure of bare square panels, without pyplot and so without a display or a global state."""
    figure = Figure(figsize=(columns * height_in, rows * height_in + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    return figure, axes


def show_depth(axis: Axes, depth_map: DepthMap) -> None:
    """Depth in colour over its whole range, 0 to 81.6 mm; white where not valid."""
    axis.imshow(np.where(depth_map.valid, depth_map.depth_mm, np.nan), cmap=DEPTH_COLOURS, vmin=0, vmax=MAX_DEPTH_MM)


def draw_contact_sheet(pairs: Pairs, people: int = 16) -> Figure:
    """Photo and range side by side, as in figure 7 of the paper, for the first pair of some people."""
    first_pairs = pairs.table.drop_duplicates("subject_id").index
    chosen = first_pairs[np.linspace(0, len(first_pairs) - 1, min(people, len(first_pairs))).astype(int)]
    columns = 4
    figure, axes = new_figure(-(-len(chosen) // columns), 2 * columns, height_in=1.7)
    for slot, position in enumerate(chosen):
        pair = pairs[position]
        photo, depth = axes[slot // columns, 2 * (slot % columns) : 2 * (slot % columns) + 2]
        photo.imshow(pair.photo)
        photo.set_title(f"{pair.subject_id} / {pair.image_id}", fontsize=7)
        grey = np.where(pair.depth_map.valid, pair.depth_map.depth_mm, 0)
        depth.imshow(grey, cmap="gray", vmin=0, vmax=MAX_DEPTH_MM)
        depth.set_title(f"{pair.depth_map.depth_mm.max():.0f} mm", fontsize=7)
    figure.suptitle(f"{len(chosen)} of {len(first_pairs)} people, photo and depth at 256 x 256", fontsize=9)
    return figure


def draw_progress(pairs: Sequence[Pair], predicted_mm: Mapping[int, np.ndarray]) -> Figure:
    """A few validation people, a row each: photo, truth, and the prediction after each of some epochs.

    Args:
        pairs: One pair of each person.
        predicted_mm: (people, 256, 256) millimetres by epoch.
    """
    epochs = sorted(predicted_mm)
    figure, axes = new_figure(len(pairs), 2 + len(epochs), height_in=1.3)
    for row, pair in enumerate(pairs):
        axes[row, 0].imshow(pair.photo)
        show_depth(axes[row, 1], pair.depth_map)
        for column, epoch in enumerate(epochs, start=2):
            axes[row, column].imshow(predicted_mm[epoch][row], cmap=DEPTH_COLOURS, vmin=0, vmax=MAX_DEPTH_MM)
    for axis, title in zip(axes[0], ["photo", "truth", *(f"epoch {epoch}" for epoch in epochs)], strict=True):
        axis.set_title(title, fontsize=8)
    return figure


def draw_training_curves(history: pd.DataFrame) -> Figure:
    """Losses and the error in millimetres over epochs."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    losses, error = figure.subplots(1, 2)
    judged = [name for name in ("adversarial_loss", "discriminator_loss") if name in history]
    for name in judged or ["distance_loss"]:
        losses.plot(history["epoch"], history[name], label=name.replace("_", " "))
    losses.set(xlabel="epoch", ylabel="loss")
    losses.legend(frameon=False)
    error.plot(history["epoch"], history["mae_mm"], label="training (augmented, with dropout)")
    error.plot(history["epoch"], history["val_mae_mm"], label="validation people")
    error.set(xlabel="epoch", ylabel="MAE (mm)", ylim=(0, None))
    error.legend(frameon=False)
    for axis in (losses, error):
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def draw_test_subject(
    pairs: Sequence[Pair],
    predicted_mm: Sequence[np.ndarray],
    errors: Sequence[float],
    title: str = "photo, truth, prediction inside the true mask, error (red: too near)",
) -> Figure:
    """Photo, truth, prediction and signed error; a row a pair."""
    figure, axes = new_figure(len(pairs), 4)
    for row, (pair, depth_mm, mae) in enumerate(zip(pairs, predicted_mm, errors, strict=True)):
        truth = pair.depth_map
        axes[row, 0].imshow(pair.photo)
        axes[row, 0].set_title(f"{pair.subject_id} / {pair.image_id}", fontsize=8)
        show_depth(axes[row, 1], truth)
        show_depth(axes[row, 2], DepthMap(depth_mm, truth.valid, truth.pitch))
        error_image = axes[row, 3].imshow(
            np.where(truth.valid, depth_mm - truth.depth_mm, np.nan),
            cmap=ERROR_COLOURS,
            vmin=-ERROR_LIMIT_MM,
            vmax=ERROR_LIMIT_MM,
        )
        axes[row, 3].set_title(f"MAE {mae:.2f} mm", fontsize=8)
    figure.colorbar(error_image, ax=axes[:, 3].tolist(), label="prediction - truth (mm)", shrink=0.8)
    figure.suptitle(title, fontsize=9)
    return figure


def draw_per_subject(per_subject: pd.DataFrame) -> Figure:
    """MAE of each held-out person, the generator beside the baselines.

    Args:
        per_subject: Rows of predictors that cover every pixel.
    """
    table = per_subject.pivot(index="subject_id", columns="predictor", values="mae_mm").sort_values("generator")
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axis = figure.subplots()
    for predictor in table.columns:
        axis.plot(table.index, table[predictor], "o", label=str(predictor).replace("_", " "))
    axis.set(xlabel="held-out subject", ylabel="MAE (mm)", ylim=(0, None))
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    return figure


def draw_error_faces(pairs: Pairs, predicted_mm: Iterable[np.ndarray]) -> Figure:
    """Where on the face the error is: its mean in each pixel, signed and unsigned, every person counting the same.

    Args:
        pairs: Of held-out people.
        predicted_mm: (256, 256) millimetres of each, in the same order.
    """
    sums: dict[str, np.ndarray] = {}
    for pair, depth_mm in zip(pairs, predicted_mm, strict=True):
        error = np.where(pair.depth_map.valid, depth_mm - pair.depth_map.depth_mm, 0.0)
        seen = np.stack([error, np.abs(error), pair.depth_map.valid])
        sums[pair.subject_id] = sums.get(pair.subject_id, 0) + seen
    means = [
        np.divide(total[:2], total[2], out=np.full_like(total[:2], np.nan), where=total[2] > 0)
        for total in sums.values()
    ]
    known = np.isfinite(means).sum(axis=0)
    signed, unsigned = np.divide(np.nansum(means, axis=0), known, out=np.full(known.shape, np.nan), where=known > 0)
    figure, axes = new_figure(1, 2, height_in=3.6)
    limit = ERROR_LIMIT_MM / 2
    for axis, values, colours, low, title in (
        (axes[0, 0], signed, ERROR_COLOURS, -limit, "mean error (red: too near)"),
        (axes[0, 1], unsigned, "magma", 0, "mean absolute error"),
    ):
        image = axis.imshow(values, cmap=colours, vmin=low, vmax=limit if low else ERROR_LIMIT_MM)
        axis.set_title(title, fontsize=9)
        figure.colorbar(image, ax=axis, label="mm", shrink=0.8)
    return figure


def draw_regions(metrics: Mapping[str, Any], pair: Pair, points: FacePoints) -> Figure:
    """Which parts of a face are meant, and the error in each, the generator beside the baselines."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    face, bars = figure.subplots(1, 2, width_ratios=(1, 2))
    masks = face_regions(points, pair.depth_map.pitch, pair.depth_map.valid.shape)
    face.imshow(pair.photo)
    for index, region in enumerate(REGIONS):
        colour = REGION_COLOURS[index]
        inside = masks[region] & pair.depth_map.valid
        face.imshow(np.where(inside[..., None], (*to_rgb(colour), 0.45), (0, 0, 0, 0)))
    face.set_axis_off()
    rows = on_all_pixels(metrics)
    thickness = 0.8 / len(rows)
    for index, (name, figures) in enumerate(rows.items()):
        values = [figures[f"mae_mm_{region}"] or np.nan for region in REGIONS]
        places = np.arange(len(REGIONS)) + index * thickness
        bars.barh(places, values, thickness, label=name.replace("_", " "))
    bars.set_yticks(np.arange(len(REGIONS)) + 0.4 - thickness / 2, REGIONS)
    for label, colour in zip(bars.get_yticklabels(), REGION_COLOURS, strict=True):
        label.set_bbox({"facecolor": colour, "alpha": 0.45, "edgecolor": "none", "pad": 2})
    bars.invert_yaxis()
    bars.set(xlabel="MAE (mm)")
    bars.legend(frameon=False, fontsize=8)
    return figure


def draw_identity_maps(deviations: Mapping[str, Deviations], people: int = 6) -> Figure:
    """What sets some people apart: the truth less that of the others, beside what each method says of it.

    The people are spread evenly from the one that the first method recovers best to the one that it recovers worst.

    Args:
        deviations: By method; may be empty.
        people: How many to show, a column each.
    """
    if not deviations:
        figure = Figure(figsize=(6, 1), layout="constrained")
        figure.text(0.5, 0.5, "Fewer than three people: nothing sets one apart from the others.", ha="center")
        return figure
    first = next(iter(deviations.values()))
    recovered = [figures["r2"] or 0.0 for figures in identity_of_people(first).values()]
    order = np.argsort(recovered)[::-1]
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(people, len(order))).astype(int))]
    figure, axes = new_figure(1 + len(deviations), len(chosen), height_in=2.0)
    for column, position in enumerate(chosen):
        person = first.people[position]
        _show_deviation(axes[0, column], first, first.true_mm[position])
        axes[0, column].set_title(f"{person}: truth", fontsize=8)
        for row, (name, found) in enumerate(deviations.items(), start=1):
            if person not in found.people:
                continue
            values = found.predicted_mm[list(found.people).index(person)]
            image = _show_deviation(axes[row, column], found, values)
            r2 = identity_of_people(found)[person]["r2"]
            axes[row, column].set_title(name.replace("_", " ") + ("" if r2 is None else f", R² {r2:.2f}"), fontsize=8)
    figure.colorbar(image, ax=axes.ravel().tolist(), label="nearer than other people (mm)", shrink=0.7)
    return figure


def _show_deviation(axis: Axes, found: Deviations, values: np.ndarray) -> AxesImage:
    rows, columns = (np.flatnonzero(found.common.inside.any(axis=side)) for side in (1, 0))
    cut = found.image_of(values)[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    limit, pitch = IDENTITY_LIMIT_MM, found.common.pitch
    return axis.imshow(cut, cmap=ERROR_COLOURS, vmin=-limit, vmax=limit, aspect=pitch.y_mm / pitch.x_mm)


def draw_doubt(calibration: Mapping[str, Any]) -> Figure:
    """Error against the spread of samples: for tenths of the pixels, and for images.

    Args:
        calibration: Of :func:`~facedepth_pipeline.evaluation.doubt.check_doubt`.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    pixels, images = figure.subplots(1, 2)
    bins = pd.DataFrame(calibration["bins"])
    pixels.plot(bins["doubt_mm"], bins["rmse_mm"], marker="o", label="a tenth of the pixels each")
    end = max(bins["doubt_mm"].max(), bins["rmse_mm"].max()) * 1.05
    pixels.plot([0, end], [0, end], linestyle=":", color="grey", label="calibrated")
    pixels.set(xlabel="spread of the samples (mm)", ylabel="root mean square error (mm)", xlim=(0, end), ylim=(0, end))
    pixels.legend(frameon=False, loc="lower right")
    each = pd.DataFrame(calibration["per_image"])
    images.scatter(each["doubt_mm"], each["mae_mm"], s=14)
    images.set(xlabel="mean spread of an image (mm)", ylabel="its mean absolute error (mm)")
    images.set_xlim(left=0)
    images.set_ylim(bottom=0)
    return figure


def draw_reconstructions(previews: Mapping[str, np.ndarray]) -> Figure:
    """Views of meshes, a row each, under the name of the photo."""
    figure = Figure(figsize=(9, 2.4 * max(len(previews), 1)), layout="constrained")
    axes = figure.subplots(max(len(previews), 1), 1, squeeze=False)[:, 0]
    for axis, (name, picture) in zip(axes, previews.items(), strict=False):
        axis.imshow(picture)
        axis.set_title(name, fontsize=8)
    for axis in axes:
        axis.set_axis_off()
    return figure
