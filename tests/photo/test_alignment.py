import math

import numpy as np
import pytest

from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.photo.alignment import (
    Similarity,
    align_face,
    face_outline,
    fit_similarity,
    is_database_portrait,
    require_frontal,
    require_whole,
    warp_to_frame,
)
from facedepth_pipeline.photo.detection import DetectedFace
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason
from faces import LANDMARKS

SIDECAR = GeneratorSidecar(
    fit="stretch",
    landmarks=LANDMARKS,
    interpupillary_mm=63.0,
    valid_threshold_mm=5.0,
    data_digest="",
    training_subjects=("001",),
    licence="CC0-1.0",
    parameters={},
)
TEMPLATE = SIDECAR.landmarks.points_px


def similarity(scale: float, degrees: float, x: float, y: float) -> Similarity:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return Similarity(scale, np.array([[cosine, -sine], [sine, cosine]]), np.array([x, y]))


def inverse(forward: Similarity) -> Similarity:
    rotation = forward.rotation.T
    return Similarity(1 / forward.scale, rotation, -rotation @ forward.translation / forward.scale)


def pattern(points: np.ndarray) -> np.ndarray:
    """Grey level 0 to 255 at (N, 2) frame pixels: waves 40 and 60 pixels long."""
    x, y = points[:, 0], points[:, 1]
    return 127.5 + 60 * np.sin(2 * np.pi * x / 40) + 60 * np.cos(2 * np.pi * y / 60)


def photo_seen_through(to_frame: Similarity, height: int, width: int) -> np.ndarray:
    """A photo whose pixels show the pattern where ``to_frame`` puts them."""
    rows, columns = np.indices((height, width))
    points = to_frame.apply(np.stack([columns.ravel(), rows.ravel()], axis=1).astype(float))
    grey = np.rint(pattern(points)).astype(np.uint8).reshape(height, width)
    return np.repeat(grey[..., None], 3, axis=2)


@pytest.mark.parametrize("known", [similarity(0.3, 25, -7, 90), similarity(4, -170, 300, 5)])
def test_a_known_similarity_is_recovered(known):
    found = fit_similarity(inverse(known).apply(TEMPLATE), TEMPLATE)
    assert found.scale == pytest.approx(known.scale)
    np.testing.assert_allclose(found.rotation, known.rotation, atol=1e-12)
    np.testing.assert_allclose(found.translation, known.translation, atol=1e-9)


def test_mirrored_points_are_not_reflected_back():
    found = fit_similarity(TEMPLATE * [-1, 1], TEMPLATE)
    assert np.linalg.det(found.rotation) == pytest.approx(1)


def test_the_fit_is_the_least_squares_one():
    generator = np.random.default_rng(0)
    source, target = generator.normal(size=(2, 5, 2))
    found = fit_similarity(source, target)
    best = np.sum((found.apply(source) - target) ** 2)
    for scale, degrees, x, y in generator.normal(scale=0.01, size=(50, 4)):
        turn = similarity(1, degrees * 57, 0, 0).rotation
        near = Similarity(found.scale + scale, turn @ found.rotation, found.translation + np.array([x, y]))
        assert np.sum((near.apply(source) - target) ** 2) > best


@pytest.mark.parametrize(("source", "words"), [(np.ones((5, 2)), "coincide"), (np.zeros((5, 3)), r"\(5, 3\)")])
def test_points_without_a_similarity_are_refused(source, words):
    with pytest.raises(ValueError, match=words):
        fit_similarity(source, TEMPLATE)


@pytest.mark.parametrize(
    ("known", "height", "width"),
    [
        (similarity(1, 0, 0, 0), 751, 501),
        (similarity(2.5, 12, -60, -110), 420, 400),
        (similarity(0.45, -9, -60, 40), 1800, 1400),
    ],
    ids=["same", "enlarged", "shrunk"],
)
def test_a_warped_photo_comes_back(known, height, width):
    frame = warp_to_frame(photo_seen_through(known, height, width), known, fill=(1, 2, 3))
    rows, columns = np.indices((751, 501))
    points = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(float)
    there = inverse(known).apply(points)
    margin = 2 + 2 / known.scale  # pixels at the rim mix with what lies outside
    inside = np.all((there > margin) & (there < [width - 1 - margin, height - 1 - margin]), axis=1).reshape(751, 501)
    assert inside.mean() > 0.5
    expected = pattern(points).reshape(751, 501)
    error = np.abs(frame[..., 0] - expected)[inside]
    assert error.max() < 6  # a shift by half a frame pixel gives 9 to 12, and 3.4 in the mean
    assert error.mean() < 1.5


def test_outside_the_photo_is_the_fill_colour():
    frame = warp_to_frame(np.full((100, 100, 3), 200, np.uint8), similarity(1, 0, 200, 300), fill=(10, 20, 30))
    np.testing.assert_array_equal(frame[:300].reshape(-1, 3), np.broadcast_to((10, 20, 30), (300 * 501, 3)))
    np.testing.assert_array_equal(frame[301:399, 201:299], np.full((98, 98, 3), 200))


def test_detail_finer_than_the_frame_becomes_grey_not_moire():
    checks = (np.indices((3004, 2004)).sum(axis=0) % 2 * 255).astype(np.uint8)
    frame = warp_to_frame(np.repeat(checks[..., None], 3, axis=2), similarity(0.25, 3, 0, 0))
    middle = frame[100:650, 100:400].astype(float)
    assert middle.mean() == pytest.approx(127.5, abs=2)
    assert middle.std() < 3


def test_alignment_tells_scale_turn_and_fit():
    known = similarity(0.5, -8, 20, 30)
    face = DetectedFace(inverse(known).apply(TEMPLATE), 0.99)
    aligned = align_face(np.zeros((1500, 1000, 3), np.uint8), face, SIDECAR)
    assert aligned.method == "detect"
    assert aligned.mm_per_photo_px == pytest.approx(0.16)
    assert aligned.angle_degrees == pytest.approx(-8)
    assert aligned.residual_px == pytest.approx(0, abs=1e-9)
    # 198 frame pixels of 0.32 mm between the eyes, seen by pixels of 0.16 mm:
    assert face.interpupillary_px * aligned.mm_per_photo_px == pytest.approx(198 * 0.32)


def test_a_known_eye_distance_sets_the_size_in_the_frame():
    face = DetectedFace(TEMPLATE, 0.99)
    photo = np.zeros((751, 501, 3), np.uint8)
    aligned = align_face(photo, face, SIDECAR, interpupillary_mm=63.0 * 1.1)
    assert aligned.mm_per_photo_px == pytest.approx(63.0 * 1.1 / 198)  # the eyes are 198 pixels apart


@pytest.mark.parametrize(
    ("file_name", "shape", "expected"),
    [
        ("Clean_0001_001_20050912091301_Portrait.png", (751, 501, 3), True),
        ("Clean_0001_001_20050912091301_Range.png", (751, 501, 3), False),
        ("Clean_0001_001_20050912091301_Portrait.png", (512, 512, 3), False),
        ("portrait.png", (751, 501, 3), False),
    ],
)
def test_portraits_of_the_database_are_known_by_name_and_size(file_name, shape, expected):
    assert is_database_portrait(file_name, shape) is expected


@pytest.mark.parametrize("enlargement", [2, 5])
def test_an_enlarged_frame_shows_the_same_places(enlargement):
    to_frame = similarity(0.31, 12.0, 40.0, -25.0)
    photo = photo_seen_through(to_frame, 2600, 1900)
    frame, large = warp_to_frame(photo, to_frame), warp_to_frame(photo, to_frame, enlargement=enlargement)
    assert large.shape == (751 * enlargement, 501 * enlargement, 3)
    averaged = large[..., 0].reshape(751, enlargement, 501, enlargement).mean(axis=(1, 3))
    inside = (frame[..., 0] > 0) & (averaged > 0)
    inside[[0, 1, -1, -2]] = inside[:, [0, 1, -1, -2]] = False
    assert np.abs(averaged - frame[..., 0])[inside].mean() < 1.0


def face_of(to_frame: Similarity) -> DetectedFace:
    """The mean face, where a photo has it that is seen through this similarity."""
    return DetectedFace(inverse(to_frame).apply(TEMPLATE), 0.99)


def test_the_texture_has_the_resolution_of_the_photo():
    for scale, enlargement in ((2.0, 1), (0.95, 1), (0.6, 2), (0.25, 4), (0.05, 5)):
        to_frame = similarity(scale, 0.0, 0.0, 0.0)
        photo = np.zeros((round(751 / scale), round(501 / scale), 3), np.uint8)
        aligned = align_face(photo, face_of(to_frame), SIDECAR)
        assert aligned.texture.shape == (751 * enlargement, 501 * enlargement, 3)
        assert aligned.covered == 1
        assert aligned.pose.yaw_deg == pytest.approx(0, abs=1e-6)


def test_a_face_beyond_the_edge_is_cut_off_in_proportion():
    shares = []
    for shift in (0, -200, -250, -400):  # frame pixels: the left half of the face leaves the photo
        to_frame = similarity(1.0, 0.0, -shift, 0.0)
        aligned = align_face(np.zeros((751, 501 + shift, 3), np.uint8), face_of(to_frame), SIDECAR)
        shares.append(aligned.covered)
    assert shares[0] == 1
    assert shares == sorted(shares, reverse=True)
    half = align_face(np.zeros((751, 250, 3), np.uint8), face_of(similarity(1, 0, 0, 0)), SIDECAR)
    assert half.covered == pytest.approx(0.5, abs=0.02)
    require_whole(half, 0.4)
    with pytest.raises(PhotoRefused, match=r"About 4\d % of the face") as caught:
        require_whole(half, 0.9)
    assert caught.value.reason_code is RefusalReason.CUT_OFF


def test_a_face_that_looks_aside_is_refused_by_its_angle():
    points = TEMPLATE + np.array([[0, 0], [0, 0], [60, 0], [0, 0], [0, 0]])
    aligned = align_face(np.zeros((751, 501, 3), np.uint8), DetectedFace(points, 0.99), SIDECAR)
    assert aligned.pose.yaw_deg > 25
    require_frontal(aligned, 60, 60)
    with pytest.raises(PhotoRefused, match=r"looks about \d\d degrees to the right") as caught:
        require_frontal(aligned, 20, 60)
    assert caught.value.reason_code is RefusalReason.NOT_FRONTAL


def test_the_outline_of_a_face_is_as_large_as_a_face_and_lies_where_it_lies():
    to_photo = similarity(0.7, 20, 40, 9)
    outline = face_outline(DetectedFace(to_photo.apply(TEMPLATE), 1.0), SIDECAR)
    in_frame = to_photo.apply_inverse(outline)
    np.testing.assert_allclose(np.ptp(in_frame, axis=0) * 0.32, (132, 164), rtol=1e-3)
    np.testing.assert_allclose(in_frame.mean(0), TEMPLATE[:2].mean(0) + np.array([0, 28 / 0.32]))


def test_with_a_measured_distance_the_eyes_are_just_so_far_apart_whatever_the_rest_of_the_face():
    long_face = TEMPLATE + np.array([[0, -20], [0, -20], [0, 0], [0, 30], [0, 30]])
    to_photo = similarity(1.7, -12, 60, 30)
    face = DetectedFace(to_photo.apply(long_face), 1.0)
    photo = np.zeros((1400, 1200, 3), np.uint8)
    aligned = align_face(photo, face, SIDECAR, interpupillary_mm=66.0)
    eyes = aligned.similarity.apply(face.landmarks_px)[:2]
    assert np.linalg.norm(eyes[1] - eyes[0]) * 0.32 == pytest.approx(66.0)
    assert aligned.mm_per_photo_px == pytest.approx(66.0 / face.interpupillary_px)
    np.testing.assert_allclose(aligned.similarity.apply(face.landmarks_px).mean(0), TEMPLATE.mean(0), atol=1e-9)
