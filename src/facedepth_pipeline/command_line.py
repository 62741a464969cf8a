"""The command ``facedepth``: photos to meshes without a Kedro project. One of the modules that open files."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

import click

from facedepth_pipeline import __version__
from facedepth_pipeline.parameters import (
    Alignment,
    Background,
    Mesher,
    Output,
    ReconstructionParameters,
    SeveralFaces,
)
from facedepth_pipeline.storage.whole_files import replace_folder

if TYPE_CHECKING:
    from facedepth_pipeline.generator.prediction import DepthGenerator

# TensorFlow and Open3D are imported when a photo is to be reconstructed: help and info answer at once.

PHOTO_REFUSED, NO_MODEL, NOT_WRITTEN, NO_WINDOW = 1, 3, 4, 5
DEFAULTS = ReconstructionParameters()
MODEL_HELP = (
    "starter (ships with the package), champion (of the MLflow registry), a models:/ address, or a .keras file with "
    "its .json beside it. Without: the champion if MLFLOW_TRACKING_URI or ./mlflow.db has one, else the starter."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="facedepth")
def main() -> None:
    """From one frontal photo of a face to a depth map in millimetres and a textured mesh."""


@main.command(
    epilog="Exit status: 0 every photo was reconstructed; 1 a photo or a face was refused, the others are done; "
    "2 the command was not understood; 3 the model is not there or cannot be used; 4 a file could not be read or "
    "written."
)
@click.argument("photos", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("faces"), show_default=True,
    help="Folder for the results, one folder a photo.",
)  # fmt: skip
@click.option("--model", default=None, help=MODEL_HELP)
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(get_args(Output)), default=("glb",), show_default=True,
    help="May be given several times. Depth and preview are always written.",
)  # fmt: skip
@click.option("--mesher", type=click.Choice(get_args(Mesher)), default=DEFAULTS.mesher, show_default=True)
@click.option(
    "--pd", "--eyes-mm", "interpupillary_mm", type=float, metavar="MM",
    help="Measured interpupillary distance (PD), 50 to 75, as in a glasses prescription: makes the size true. Without "
    "it an average is assumed.",
)  # fmt: skip
@click.option(
    "--several-faces", type=click.Choice(get_args(SeveralFaces)), default=DEFAULTS.several_faces,
    show_default=True, help="What to do with a photo of several faces.",
)  # fmt: skip
@click.option(
    "--alignment", type=click.Choice(get_args(Alignment)), default=DEFAULTS.alignment, show_default=True,
    help="auto: portraits of the Texas database are taken as they are; all others are aligned by landmarks.",
)  # fmt: skip
@click.option(
    "--max-yaw", "max_yaw_deg", type=float, metavar="DEGREES", default=DEFAULTS.max_yaw_deg, show_default=True,
    help="Faces turned further to the side are refused.",
)  # fmt: skip
@click.option("--background", type=click.Choice(get_args(Background)), default=DEFAULTS.background, show_default=True,
              help="Of the texture beside the face: colours of the face, or the photo's.")  # fmt: skip
@click.option("--uncertainty", "--doubt", "uncertainty_samples", type=int, metavar="SAMPLES",
              default=DEFAULTS.uncertainty_samples,
              help="Also map how uncertain the depth is, by so many dropout samples; 8 is a good number.")  # fmt: skip
@click.option(
    "--fill-holes",
    "fill_holes_mm",
    type=float,
    metavar="MM",
    default=DEFAULTS.fill_holes_mm,
    help="Close holes up to this size.",
)
@click.option(
    "--smooth",
    "smoothing_iterations",
    type=int,
    metavar="TIMES",
    default=DEFAULTS.smoothing_iterations,
    help="Smooth the mesh.",
)
@click.option(
    "--max-triangles", type=int, metavar="N", default=None, help="Thin the face out to this; a back has as many again."
)
@click.option("--back", "back_mm", type=float, metavar="MM", default=None,
              help="Close the mesh by a flat back of this thickness, for printing.")  # fmt: skip
def reconstruct(photos: tuple[Path, ...], out: Path, model: str | None, **knobs: Any) -> None:
    """Turn PHOTOS, files or folders of them, into depth maps and meshes."""
    from pydantic import ValidationError

    try:
        parameters = ReconstructionParameters(
            **knobs | {"formats": list(knobs["formats"]), "poisson_threads": min(os.cpu_count() or 1, 64)}
        )
    except ValidationError as error:
        options = {option.name: option.opts[0] for option in click.get_current_context().command.params}
        problems = (f"{options[str(e['loc'][0])]} is {e['input']}: {e['msg']}" for e in error.errors())
        raise click.UsageError("\n".join(problems)) from None
    paths = list(_photo_files(photos))
    folders = _result_folders(paths, out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _stop(f"{error}. Name another --out.", NOT_WRITTEN)
    click.echo("Loading TensorFlow and the generator …", err=True)
    generator, model_uri = _load_model(model)
    try:
        refused = _reconstruct(paths, folders, generator, model_uri, parameters)
    except ValueError as error:
        _stop(str(error), NO_MODEL)
    except OSError as error:
        _stop(f"{error}. What was printed above is done; this photo and those after it are not.", NOT_WRITTEN)
    if refused:
        sys.exit(PHOTO_REFUSED)


def _reconstruct(
    paths: list[Path],
    folders: list[Path],
    generator: "DepthGenerator",
    model_uri: str,
    parameters: ReconstructionParameters,
) -> int:
    """Write and print a result a photo; the number of photos and faces that were refused."""
    from facedepth_pipeline.reconstruction.files import write_result
    from facedepth_pipeline.reconstruction.provenance import Provenance
    from facedepth_pipeline.reconstruction.reconstruct import reconstruct
    from facedepth_pipeline.reconstruction.record import Stamp

    refused = 0
    contents = ((path.name, path.read_bytes()) for path in paths)
    results = reconstruct(contents, generator, Provenance(model_uri, parameters))
    for number, (path, folder, result) in enumerate(zip(paths, folders, results, strict=True), start=1):
        count = f"{number}/{len(paths)} " if len(paths) > 1 else ""
        with replace_folder(folder) as partial:
            record = write_result(partial, result, Stamp(datetime.now(UTC)))
        for face in record["faces"]:
            which = count + (path.name if len(record["faces"]) == 1 else f"{path.name}, face {face['face']}")
            if face["status"] == "done":
                size = " x ".join(f"{face[f'extent_{axis}_mm']:.0f}" for axis in "xyz") + " mm"
                place = folder / face["folder"]
                sure = face["uncertainty_mm"]
                spread = "" if sure is None else f", uncertainty {sure:.1f} mm"
                click.echo(f"{which}: {size}{spread}, {face['triangles']:,} triangles, {face['scale']} -> {place}")
            else:
                refused += 1
                click.echo(f"{which}: refused. {face['reason']} ({face['reason_code']})", err=True)
    return refused


@main.command()
@click.argument("photo", required=False, type=click.Path(path_type=Path))
def ui(photo: Path | None) -> None:
    """Open the window, with PHOTO if one is given: choose photos, see depth and face in 3-D, measure, save."""
    from facedepth_pipeline.ui.start import NoWindow, open_window

    try:
        open_window(None if photo is None else str(photo))
    except NoWindow as error:
        _stop(str(error), NO_WINDOW)


@main.command()
def info() -> None:
    """Say what is installed and which model would be used."""
    from importlib.metadata import version

    from facedepth_pipeline.generator.starter import starter_sidecar
    from facedepth_pipeline.tracking.resolve import champion_uri, tracking_store

    click.echo(f"facedepth {__version__}, Python {sys.version.split()[0]}")
    click.echo(", ".join(f"{name} {version(name)}" for name in ("keras", "tensorflow", "trimesh", "mlflow")))
    sidecar = starter_sidecar()
    people, assumed_mm = len(sidecar.training_subjects), sidecar.interpupillary_mm
    click.echo(
        f"starter: trained on {people} rendered people; assumes an interpupillary distance of {assumed_mm:.1f} mm"
    )
    store = tracking_store()
    try:
        champion = champion_uri(store) if store else None
    except ValueError as error:
        _stop(str(error), NO_MODEL)
    click.echo(f"MLflow: {store or 'none (MLFLOW_TRACKING_URI is not set, and no mlflow.db here)'}")
    click.echo(f"champion: {champion or 'none'}")
    click.echo(f"used without --model: {champion or 'starter'}")


def _photo_files(given: tuple[Path, ...]) -> Iterator[Path]:
    from facedepth_pipeline.photo.folder import PhotoFolder
    from facedepth_pipeline.photo.loading import PHOTO_SUFFIXES

    for path in given:
        if not os.access(path, os.R_OK):
            raise click.UsageError(f"{path} may not be read: its owner must allow it.")
        if path.is_file():
            yield path
            continue
        names = PhotoFolder(str(path)).names
        if not names:
            raise click.UsageError(f"{path} has no photo in it: expected files in {', '.join(sorted(PHOTO_SUFFIXES))}.")
        yield from (path / name for name in names)


def _result_folders(paths: list[Path], out: Path) -> list[Path]:
    """A folder for each photo, named after it; a folder that holds anything but a result is never replaced."""
    folders: list[Path] = []
    for path in paths:
        folder, number = out / path.stem, 1
        while folder in folders:
            number += 1
            folder = out / f"{path.stem}_{number}"
        if folder.exists() and not (folder / "result.json").is_file():
            raise click.UsageError(
                f"{folder} exists and holds no result of this command, so it is not replaced. Name another --out."
            )
        folders.append(folder)
    return folders


def _load_model(model: str | None) -> tuple["DepthGenerator", str]:
    """The generator and the address of its exact version; says which one it is."""
    from facedepth_pipeline.tracking.resolve import find_best_version

    try:
        version = find_best_version(model)
        generator = version.load()
    except (ValueError, OSError) as error:
        _stop(str(error), NO_MODEL)
    click.echo(f"Model: {version.model_uri}", err=True)
    return generator, version.model_uri


def _stop(words: str, status: int) -> NoReturn:
    click.echo(words, err=True)
    sys.exit(status)
