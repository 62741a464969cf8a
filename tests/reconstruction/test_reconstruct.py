import numpy as np
import pytest
import trimesh

from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_WIDTH_PX, MAX_DEPTH_MM, fitted_pitch
from facedepth_pipeline.generator.prediction import (
    normalize_photo,
    predict_depth_and_doubt,
    predict_depth_maps,
    predicted_valid,
    sample_depth_mm,
)
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.detection import DetectedFace, FaceDetector
from facedepth_pipeline.photo.preparation import PreparedFace, prepare_faces
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason
from facedepth_pipeline.reconstruction.reconstruct import reconstruct_photo
from faces import LANDMARKS, PORTRAIT, png_bytes, portrait_of_a_sphere
from surfaces import sphere

GRID = ReconstructionParameters(mesher="grid", precision="float32")


class NoDetector(FaceDetector):
    """For photos that need none."""

    def detect(self, photo):
        raise AssertionError("Nothing was to be detected.")


class FixedDetector(FaceDetector):
    """Always sees the face of the template at half the size of the frame."""

    def detect(self, photo):
        return [DetectedFace(LANDMARKS.points_px / 2, 0.99)]


class SeveralFaces(FaceDetector):
    """Sees the face above, a second one that lies half outside of the photo, and a speck."""

    def detect(self, photo):
        points = LANDMARKS.points_px
        return [
            DetectedFace(points / 20, 0.99),
            DetectedFace(points / 2, 0.98),
            DetectedFace(points / 2.2 + [-90, 0], 0.97),
        ]


def test_photos_are_normalized_to_the_interval_of_the_generator():
    photo = np.array([0, 51, 255], np.uint8)
    np.testing.assert_allclose(normalize_photo(photo), [-1, -0.6, 1], atol=1e-7)
    assert normalize_photo(photo).dtype == np.float32


def test_a_portrait_of_a_sphere_becomes_the_sphere(generator):
    found = reconstruct_photo(png_bytes(portrait_of_a_sphere()), PORTRAIT, generator, NoDetector(), GRID)
    expected = sphere(fitted_pitch("stretch"))
    assert found.depth_map.pitch == fitted_pitch("stretch")
    both = found.depth_map.valid & expected.valid
    assert both.sum() > 0.98 * (found.depth_map.valid | expected.valid).sum()
    off_mm = np.abs(found.depth_map.depth_mm - expected.depth_mm)[both]
    assert np.median(off_mm) < 81.6 / 255  # a grey level of the photo
    assert found.mesh.vertices[:, 2].max() == pytest.approx(70, abs=0.4)
    assert np.ptp(found.mesh.vertices[:, :2], axis=0) == pytest.approx([100, 100], abs=2)
    assert len(found.point_cloud.points) == found.depth_map.valid.sum()
    assert found.prepared.alignment.method == "none"
    assert found.prepared.texture.shape == (FRAME_HEIGHT_PX, FRAME_WIDTH_PX, 3)


def test_poisson_and_grid_agree(generator):
    portrait = portrait_of_a_sphere()
    poisson = reconstruct_photo(
        portrait, PORTRAIT, generator, NoDetector(), ReconstructionParameters(mesher="poisson", poisson_detail="quick")
    )
    inner = np.hypot(poisson.mesh.vertices[:, 0], poisson.mesh.vertices[:, 1]) < 40
    radius = np.linalg.norm(poisson.mesh.vertices[inner] - [0, 0, 10], axis=1)
    assert inner.sum() > 3_000
    assert np.abs(radius - 60).max() < 0.6


def test_a_photo_that_is_no_portrait_of_the_database_is_aligned_first(generator):
    half = portrait_of_a_sphere()[1::2, 1::2]
    found = reconstruct_photo(half, "holiday.jpg", generator, FixedDetector(), GRID)
    assert found.prepared.alignment.method == "detect"
    assert found.prepared.alignment.mm_per_photo_px == pytest.approx(0.64)
    assert found.mesh.vertices[:, 2].max() == pytest.approx(70, abs=0.5)
    assert np.ptp(found.mesh.vertices[:, :2], axis=0) == pytest.approx([100, 100], abs=2.5)


def test_detect_aligns_even_a_portrait_of_the_database(generator):
    parameters = ReconstructionParameters(alignment="detect", mesher="grid")
    (prepared,) = prepare_faces(portrait_of_a_sphere(), PORTRAIT, generator.sidecar, FixedDetector(), parameters)
    assert prepared.alignment.method == "detect"


def test_none_refuses_a_photo_outside_the_frame(generator):
    parameters = ReconstructionParameters(alignment="none")
    photo = np.zeros((300, 200, 3), np.uint8)
    with pytest.raises(PhotoRefused, match="300 rows x 200 columns") as caught:
        prepare_faces(photo, "holiday.jpg", generator.sidecar, NoDetector(), parameters)
    assert caught.value.reason_code is RefusalReason.NOT_ALIGNED


def test_a_black_portrait_has_no_surface(generator):
    black = np.zeros((FRAME_HEIGHT_PX, FRAME_WIDTH_PX, 3), np.uint8)
    with pytest.raises(PhotoRefused, match="0 of 65536 pixels") as caught:
        reconstruct_photo(black, PORTRAIT, generator, NoDetector(), GRID)
    assert caught.value.reason_code is RefusalReason.NO_SURFACE


def test_prediction_repeats_and_does_not_depend_on_the_batch(generator):
    photos = np.random.default_rng(0).integers(0, 256, (5, 256, 256, 3), dtype=np.uint8)
    alone, together = (predict_depth_maps(generator, photos, size) for size in (1, 3))
    assert len(alone) == len(together) == 5
    for first, second in zip(alone, together, strict=True):
        np.testing.assert_array_equal(first.valid, second.valid)
        np.testing.assert_allclose(first.depth_mm, second.depth_mm, atol=1e-4)


def test_photos_of_another_size_are_refused(generator):
    with pytest.raises(ValueError, match=r"received uint8 \(1, 128, 128, 3\)"):
        predict_depth_maps(generator, np.zeros((1, 128, 128, 3), np.uint8))


def test_predicted_valid_is_the_largest_piece_without_holes():
    depth_mm = np.zeros((20, 20))
    depth_mm[2:12, 2:12] = 30
    depth_mm[5:7, 5:7] = 1  # a hole: an eye taken for background
    depth_mm[15:18, 15:18] = 60  # something else in the picture
    depth_mm[0, 0] = 5  # not above the threshold
    expected = np.zeros((20, 20), bool)
    expected[2:12, 2:12] = True
    np.testing.assert_array_equal(predicted_valid(depth_mm, 5), expected)
    assert not predicted_valid(np.zeros((4, 4)), 5).any()


def test_all_faces_of_a_photo_come_largest_first_with_a_reason_for_those_that_do_not(generator):
    parameters = ReconstructionParameters(several_faces="all", alignment="detect")
    photo = portrait_of_a_sphere()[1::2, 1::2]
    outcomes = prepare_faces(photo, "party.jpg", generator.sidecar, SeveralFaces(), parameters)
    assert isinstance(outcomes[0], PreparedFace)
    assert [outcome.reason_code for outcome in outcomes[1:]] == [RefusalReason.CUT_OFF, RefusalReason.TOO_SMALL]
    with pytest.raises(PhotoRefused, match="3 faces"):
        prepare_faces(photo, "party.jpg", generator.sidecar, SeveralFaces(), ReconstructionParameters())


def test_a_measured_distance_of_the_eyes_sets_the_scale(generator):
    half = portrait_of_a_sphere()[1::2, 1::2]
    parameters = ReconstructionParameters(interpupillary_mm=70, mesher="grid")
    found = reconstruct_photo(half, "holiday.jpg", generator, FixedDetector(), parameters)
    assumed = reconstruct_photo(half, "holiday.jpg", generator, FixedDetector(), GRID)
    assert "measured: interpupillary distance 70 mm" in str(found.prepared.scale)
    assert "assumed: interpupillary distance 63.0 mm" in str(assumed.prepared.scale)
    grown = np.ptp(found.mesh.vertices[:, :2], axis=0) / np.ptp(assumed.mesh.vertices[:, :2], axis=0)
    assert grown == pytest.approx([70 / 63, 70 / 63], rel=0.02)


def test_a_finished_mesh_is_thinner_closed_and_still_textured(generator):
    parameters = ReconstructionParameters(max_triangles=3000, back_mm=4, smoothing_iterations=5, fill_holes_mm=10)
    found = reconstruct_photo(portrait_of_a_sphere(), PORTRAIT, generator, NoDetector(), parameters)
    solid = trimesh.Trimesh(found.mesh.vertices, found.mesh.triangles, process=False)
    assert solid.is_watertight
    assert solid.volume > 0
    assert 6000 < len(solid.faces) < 7500
    assert found.mesh.uv.min() >= 0
    assert found.mesh.uv.max() <= 1


def test_the_background_is_painted_over_unless_kept(generator):
    kept = ReconstructionParameters(background="keep")
    portrait = portrait_of_a_sphere()
    portrait[:20] = 1  # darker than any face
    filled = reconstruct_photo(portrait, PORTRAIT, generator, NoDetector(), GRID).texture
    assert (reconstruct_photo(portrait, PORTRAIT, generator, NoDetector(), kept).texture == portrait).all()
    assert filled[:20].min() > 30
    np.testing.assert_array_equal(filled[370:380, 240:260], portrait[370:380, 240:260])


def test_doubt_is_the_spread_of_dropout_and_does_not_depend_on_the_neighbours(generator):
    photos = np.stack([np.full((256, 256, 3), level, np.uint8) for level in (200, 120)])
    photos[:, :40] = 0
    (first, doubt_mm), (second, _) = predict_depth_and_doubt(generator, photos, 6, seed=3)
    (alone, alone_doubt_mm) = predict_depth_and_doubt(generator, photos[:1], 6, seed=3)[0]
    np.testing.assert_array_equal(first.depth_mm, alone.depth_mm)
    np.testing.assert_array_equal(doubt_mm, alone_doubt_mm)
    assert first.depth_mm.mean() > second.depth_mm.mean()
    inside = first.valid
    assert inside[100:, :].all()
    assert not doubt_mm[~inside].any()
    sampled_mm = sample_depth_mm(generator.network, photos[0], 6, seed=3)
    np.testing.assert_allclose(doubt_mm[inside], sampled_mm.std(axis=0, ddof=1)[inside], rtol=1e-5)
    (other, _) = predict_depth_and_doubt(generator, photos[:1], 6, seed=4)[0]
    assert (other.depth_mm != first.depth_mm).any()
    ((plain, nothing),) = predict_depth_and_doubt(generator, photos[:1], 0, seed=3)
    assert nothing is None
    np.testing.assert_array_equal(plain.depth_mm, predict_depth_maps(generator, photos[:1])[0].depth_mm)


def test_the_last_sample_is_of_the_mirrored_photo_mirrored_back(generator):
    photo = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 256, axis=0).repeat(3, axis=2)
    mirrored_mm = sample_depth_mm(generator.network, photo, 2, seed=0)[-1]
    plain = generator.network.predict_on_batch(normalize_photo(photo[None]))[0, ..., 0]
    np.testing.assert_allclose(mirrored_mm, (plain + 1) * MAX_DEPTH_MM / 2, atol=1e-3)  # this network sees pixels alone
