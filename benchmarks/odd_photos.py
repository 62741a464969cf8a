"""What becomes of bad and odd photos? ``python -m benchmarks.odd_photos [FOLDER]``: a minute.

Makes them from the sample photo, reconstructs each with the starter, and prints a Markdown table; with a folder, keeps
the photos and the previews of what was made of them there.
"""

import io
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.cases import PROJECT, rendered_face
from facedepth_pipeline.depth import depth_from_range
from facedepth_pipeline.generator.starter import load_starter
from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.preview import preview, render_views
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.reconstruction.build import ReconstructedFace
from facedepth_pipeline.reconstruction.provenance import Provenance
from facedepth_pipeline.reconstruction.reconstruct import reconstruct

SAMPLE = Image.open(PROJECT / "data/01_raw/photos/astronaut.png").convert("RGB")


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    """An image file."""
    data = io.BytesIO()
    image.save(data, format=form, **options)
    return data.getvalue()


def jpeg(image: Image.Image, **options: object) -> bytes:
    """A JPEG file."""
    return saved(image, "JPEG", quality=92, **options)


def turned_phone() -> bytes:
    """Lying on its side, and EXIF says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return jpeg(SAMPLE.transpose(Image.Transpose.ROTATE_90), exif=exif)


def transparent() -> bytes:
    """Cut out: nothing around the person."""
    rows, columns = np.indices((512, 512))
    alpha = (np.hypot((columns - 225) / 130, (rows - 150) / 170) < 1) * np.uint8(255)
    image = SAMPLE.copy()
    image.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    return saved(image, "PNG")


def sixteen_bit() -> bytes:
    """Grey levels up to 65535."""
    grey = np.asarray(SAMPLE.convert("L")).astype(np.uint16) * 257
    return saved(Image.fromarray(grey), "TIFF")


def two_people() -> bytes:
    """One near, one far."""
    far = SAMPLE.crop((100, 0, 400, 512)).resize((180, 307))
    group = Image.new("RGB", (620, 512), "gray")
    group.paste(SAMPLE.crop((80, 0, 480, 512)), (0, 0))
    group.paste(far, (420, 120))
    return jpeg(group)


def aside() -> bytes:
    """A rendered face, turned by 45 degrees."""
    mesh = grid_mesh(depth_from_range(rendered_face().range_grey), rendered_face().portrait, max_depth_jump_mm=8)
    view = Image.fromarray(render_views(mesh, (45.0,), textured=True))
    return jpeg(view.resize((view.width * 3, view.height * 3), Image.Resampling.BICUBIC))


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 60,000 x 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def noise() -> Image.Image:
    """No face."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8))


def resized(side: int) -> Image.Image:
    """The sample in another size."""
    return SAMPLE.resize((side, side), Image.Resampling.LANCZOS)


PHOTOS: dict[str, Callable[[], bytes]] = {
    "the sample, PNG": lambda: saved(SAMPLE, "PNG"),
    "JPEG": lambda: jpeg(SAMPLE),
    "WebP": lambda: saved(SAMPLE, "WEBP"),
    "AVIF": lambda: saved(SAMPLE, "AVIF"),
    "animated GIF, palette": lambda: saved(
        SAMPLE.quantize(256), "GIF", save_all=True, append_images=[noise().resize((512, 512)).quantize(256)]
    ),
    "CMYK JPEG": lambda: jpeg(SAMPLE.convert("CMYK")),
    "grey": lambda: jpeg(SAMPLE.convert("L")),
    "16-bit grey TIFF": sixteen_bit,
    "PNG with transparency": transparent,
    "on its side, EXIF says so": turned_phone,
    "tilted by 20 degrees": lambda: jpeg(SAMPLE.rotate(20, Image.Resampling.BICUBIC)),
    "8,000 x 8,000 pixels": lambda: jpeg(resized(8000)),
    "a tenth of the light": lambda: jpeg(SAMPLE.point(lambda level: level // 10)),
    "one colour channel off": lambda: jpeg(Image.merge("RGB", (*SAMPLE.split()[:2], Image.new("L", (512, 512))))),
    "200 x 200 pixels, of the face alone": lambda: jpeg(SAMPLE.crop((125, 15, 335, 265)).resize((200, 238))),
    "200 x 200 pixels, of the whole sample": lambda: jpeg(resized(200)),
    "60 x 60 pixels": lambda: jpeg(resized(60)),
    "two people": two_people,
    "upside down, EXIF silent": lambda: jpeg(SAMPLE.rotate(180)),
    "turned aside by 45 degrees (rendered)": aside,
    "half of the face": lambda: jpeg(SAMPLE.crop((218, 0, 512, 512))),
    "no chin": lambda: jpeg(SAMPLE.crop((0, 0, 512, 145))),
    "no face": lambda: jpeg(noise()),
    "a JPEG cut off in the middle": lambda: jpeg(SAMPLE)[:12_000],
    "a text file called .jpg": lambda: b"Dear Sir or Madam, please find my photo attached.",
    "an empty file": lambda: b"",
    "a decompression bomb": bomb,
    "floating-point TIFF": lambda: saved(SAMPLE.convert("L").convert("F"), "TIFF"),
    "HEIC without pi-heif": lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100),
}


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    generator, model = load_starter()
    provenance = Provenance(model, ReconstructionParameters(batch_size=1))
    print("| photo | becomes |")
    print("|---|---|")
    for name, make in PHOTOS.items():
        content = make()
        (result,) = reconstruct([(name, content)], generator, provenance)
        outcome = result.outcomes[0]
        if isinstance(outcome, ReconstructedFace):
            width, height, depth = np.ptp(outcome.mesh.vertices, axis=0)
            print(f"| {name} | a face, {width:.0f} x {height:.0f} x {depth:.0f} mm |", flush=True)
        else:
            print(f"| {name} | `{outcome.reason_code}`: {outcome.sentence} |", flush=True)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            stem = name.replace("/", "_").replace(" ", "_").replace(",", "")
            (folder / f"{stem}.photo").write_bytes(content)
            if isinstance(outcome, ReconstructedFace):
                picture = preview(outcome.prepared.photo_256, outcome.depth_map, outcome.mesh)
                Image.fromarray(picture).save(folder / f"{stem}.png")


if __name__ == "__main__":
    main()
