import numpy as np
import pytest

from facedepth_pipeline.generator import starter
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.pix2pix.unet import build_generator
from facedepth_pipeline.reconstruction.reconstruct import reconstruct_photo

PHOTO = "data/01_raw/photos/astronaut.png"


def test_weights_survive_packing_to_half_a_float():
    network = build_generator(4, "instance", seed=1)
    unpacked = starter.unpack_weights(starter.pack_weights(network))
    for weight, half in zip(network.get_weights(), unpacked, strict=True):
        assert half.dtype == np.float32
        np.testing.assert_allclose(half, weight, rtol=1e-3, atol=1e-7)


def test_a_starter_of_an_earlier_recipe_has_the_defaults_of_what_came_later():
    sidecar = starter.starter_sidecar()
    without = {name: value for name, value in sidecar.parameters.items() if name not in ("mask_output", "similarity")}
    recipe = starter.recipe_of(sidecar.model_copy(update={"parameters": without}))
    assert (recipe.mask_output, recipe.similarity) == (False, 0)
    assert recipe.width == sidecar.parameters["width"]


def test_weights_beyond_half_a_float_are_refused():
    network = build_generator(4, "instance", seed=1)
    weights = network.get_weights()
    weights[0][0] = 1e5
    network.set_weights(weights)
    with pytest.raises(ValueError, match="65504"):
        starter.pack_weights(network)


def test_the_starter_makes_a_face_of_a_photograph(request):
    """A real photograph, the real detector, the real weights."""
    photo = (request.config.rootpath / PHOTO).read_bytes()
    generator, name = starter.load_starter()
    assert name.startswith("starter/")
    found = reconstruct_photo(photo, "astronaut.png", generator, FaceDetector(), ReconstructionParameters())
    depth_mm, valid = found.depth_map.depth_mm, found.depth_map.valid
    # the nose is what comes nearest, within 10 mm of where the detector sees its tip
    row, column = np.unravel_index(depth_mm.argmax(), depth_mm.shape)
    nose = generator.sidecar.landmarks.nose
    off_mm = np.array([column - nose[0] * 256 / 501, row - nose[1] * 256 / 751]) * found.depth_map.pitch
    assert np.linalg.norm(off_mm) < 10
    # and stands out from the cheeks beside it like a nose
    beside = [depth_mm[row, column + round(side / found.depth_map.pitch.x_mm)] for side in (-25, 25)]
    assert 10 < depth_mm[row, column] - np.mean(beside) < 40
    width, height, depth = np.ptp(found.mesh.vertices, axis=0)
    assert 110 < width < 161
    assert 150 < height < 241
    assert 40 < depth < 82
    assert 0.25 < valid.mean() < 0.9


def test_the_card_is_beside_the_weights_and_small_enough(request):
    folder = request.config.rootpath / "src/facedepth_pipeline/generator/starter"
    card = (folder / "MODEL_CARD.md").read_text()
    assert "make starter" in card
    assert "CC0" in card
    assert sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) < 30e6
