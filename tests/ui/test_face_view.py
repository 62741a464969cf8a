import numpy as np
import pytest

from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_WIDTH_PX
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.alignment import AlignedPhoto, Similarity
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.reconstruction.provenance import Provenance
from facedepth_pipeline.reconstruction.reconstruct import reconstruct_photo
from facedepth_pipeline.ui.face_view import drawn_parts, face_outlines, face_view, power_of_two
from faces import PORTRAIT, portrait_of_a_sphere

NOWHERE = np.zeros((FRAME_HEIGHT_PX, FRAME_WIDTH_PX, 3), np.uint8)


def test_a_surface_too_large_for_one_call_is_divided_and_nothing_of_it_lost():
    steps = 400  # 160,000 vertices, of which 16 bits number 65,536
    index = np.arange(steps * steps).reshape(steps, steps)
    triangles = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, :-1]], axis=-1).reshape(-1, 3)
    vertices = np.random.default_rng(0).normal(size=(steps * steps, 8)).astype(np.float32)
    parts = drawn_parts(vertices, triangles)
    assert len(parts) > 1
    assert all(len(part.vertices) <= 65_536 and part.indices.dtype == np.uint16 for part in parts)
    drawn = np.concatenate([part.vertices[part.indices] for part in parts])
    np.testing.assert_array_equal(drawn, vertices[triangles])


def test_a_face_of_130_000_triangles_is_one_call():
    index = np.arange(256 * 256).reshape(256, 256)
    triangles = np.concatenate([
        np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, :-1]], axis=-1).reshape(-1, 3),
        np.stack([index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1).reshape(-1, 3),
    ])  # fmt: skip
    (part,) = drawn_parts(np.zeros((256 * 256, 8)), triangles)
    assert len(part.indices) == 130_050


def test_the_outline_lies_where_the_face_lies_in_the_photo():
    valid = np.zeros((256, 256), bool)
    valid[64:192, 64:192] = True  # the middle half of the image, and so of the frame
    aligned = AlignedPhoto(NOWHERE, NOWHERE, "none", 0.32)
    (outline,) = face_outlines(valid, aligned, "stretch", NOWHERE.shape)
    np.testing.assert_allclose(outline.min(0), 0.25, atol=0.002)
    np.testing.assert_allclose(outline.max(0), 0.75, atol=0.002)
    half = Similarity(2.0, np.eye(2), np.array([-100.0, -60.0]))  # photo of another size and place
    aligned = AlignedPhoto(NOWHERE, NOWHERE, "detect", 0.64, similarity=half)
    (outline,) = face_outlines(valid, aligned, "stretch", (500, 400))
    middle = np.array([250 + 100, 375 + 60]) / 2
    np.testing.assert_allclose((outline.min(0) + outline.max(0)) / 2, (middle + 0.5) / (400, 500), atol=1e-3)


def test_a_face_at_the_edge_has_a_whole_outline():
    valid = np.zeros((256, 256), bool)
    valid[:100] = True
    (outline,) = face_outlines(valid, AlignedPhoto(NOWHERE, NOWHERE, "none", 0.32), "stretch", NOWHERE.shape)
    np.testing.assert_allclose(outline[0], outline[-1])
    assert outline[:, 1].min() == pytest.approx(0, abs=0.003)


@pytest.mark.parametrize(("shape", "expected"), [((751, 501), (1024, 512)), ((3755, 2505), (2048, 1024)),
                                                 ((256, 256), (256, 256))])  # fmt: skip
def test_textures_have_sides_that_are_powers_of_two(shape, expected):
    assert power_of_two(np.zeros((*shape, 3), np.uint8)).shape[:2] == expected


def test_a_view_says_what_the_result_says(generator):
    parameters = ReconstructionParameters()
    face = reconstruct_photo(portrait_of_a_sphere(), PORTRAIT, generator, FaceDetector(), parameters)
    view = face_view(face, "stretch", NOWHERE.shape, Provenance("models:/faces/3", parameters), 1.5)
    np.testing.assert_array_equal(view.depth_mm, face.depth_map.depth_mm)
    inside = face.depth_map.depth_mm[face.depth_map.valid]
    assert (view.far_mm, view.near_mm) == (inside.min(), inside.max())
    assert (view.depth_picture[..., 3] > 0).tolist() == face.depth_map.valid.tolist()
    nearest = np.unravel_index(np.where(view.valid, view.depth_mm, -1).argmax(), view.valid.shape)
    np.testing.assert_array_equal(view.depth_picture[nearest][:3], view.colour_scale[-1])
    np.testing.assert_allclose(view.size_mm, np.ptp(face.mesh.vertices, axis=0))
    assert sum(len(part.indices) for part in view.surface) == view.triangles == len(face.mesh.triangles)
    (part,) = view.surface
    np.testing.assert_allclose(np.linalg.norm(part.vertices[:, 3:6], axis=1), 1, atol=1e-5)
    higher, lower = part.vertices[:, 1].argmax(), part.vertices[:, 1].argmin()
    assert part.vertices[higher, 7] < part.vertices[lower, 7]  # the photo's first row lies at v = 0
    assert view.depth_at(0.5, 0.5) == view.depth_mm[128, 128]
    row, column = nearest
    assert view.depth_at((column + 0.99) / 256, (row + 0.01) / 256) == view.near_mm
    for across, down in ((0.001, 0.001), (-0.001, 0.5), (0.5, 1.0), (1.0, 0.5)):  # no face; beside the map
        assert np.isnan(view.depth_at(across, down))
