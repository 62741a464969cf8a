import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from facedepth_pipeline.generator.sidecar import GeneratorSidecar, LandmarkTemplate
from facedepth_pipeline.photo.alignment import align_face
from facedepth_pipeline.photo.detection import DetectedFace, FaceDetector, choose_faces, require_size
from facedepth_pipeline.photo.loading import load_photo
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason

ASTRONAUT = Path(__file__).parents[2] / "data/01_raw/photos/astronaut.png"
# Read off the photo by eye, (x, y): pupils, tip of the nose, corners of the mouth.
ASTRONAUT_POINTS = np.array([[205, 101], [244, 103], [224, 126], [203, 139], [244, 140]])


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return load_photo(ASTRONAUT)


def test_the_landmarks_of_a_portrait_are_found_left_in_the_image_first(detector, astronaut):
    face = detector.detect(astronaut)[0]
    assert np.linalg.norm(face.landmarks_px - ASTRONAUT_POINTS, axis=1).max() < 5
    assert face.confidence > 0.99


def test_a_face_in_blue_light_is_found_at_the_second_look_in_grey(detector, astronaut):
    blue = (astronaut * np.array([0.05, 0.1, 1.0])).astype(np.uint8)
    face = detector.detect(blue)[0]
    assert np.linalg.norm(face.landmarks_px - ASTRONAUT_POINTS, axis=1).max() < 5


def test_a_large_photo_gives_landmarks_in_its_own_pixels(detector, astronaut):
    large = np.asarray(Image.fromarray(astronaut).resize((2560, 2048), Image.Resampling.BICUBIC))
    face = detector.detect(large)[0]
    assert np.linalg.norm(face.landmarks_px / [5, 4] - ASTRONAUT_POINTS, axis=1).max() < 6


def test_a_real_portrait_is_aligned_onto_the_template(detector, astronaut):
    landmarks = LandmarkTemplate(
        left_eye=(151, 310),
        right_eye=(349, 310),
        nose=(250, 422),
        mouth_left=(152, 487),
        mouth_right=(348, 487),
        portraits=1,
    )
    sidecar = GeneratorSidecar(
        fit="stretch",
        landmarks=landmarks,
        interpupillary_mm=63.4,
        valid_threshold_mm=5,
        data_digest="",
        training_subjects=("001",),
        licence="CC0-1.0",
        parameters={},
    )
    aligned = align_face(astronaut, detector.detect(astronaut)[0], sidecar)
    assert aligned.frame.shape == (751, 501, 3)
    assert aligned.residual_px < 20
    assert 1.2 < aligned.mm_per_photo_px < 1.8  # 40 pixels between the eyes for some 63 mm
    again = detector.detect(aligned.frame)[0]
    assert np.linalg.norm(again.landmarks_px - landmarks.points_px, axis=1).max() < 40


@pytest.mark.parametrize("side", [64, 300])
def test_a_photo_without_a_face_is_refused(detector, side):
    with pytest.raises(PhotoRefused) as caught:
        choose_faces(detector.detect(np.full((side, side, 3), 128, np.uint8)), "all")
    assert caught.value.reason_code is RefusalReason.NO_FACE


def test_two_people_are_refused(detector, astronaut):
    one = astronaut[:256, 100:356]
    half = np.pad(np.asarray(Image.fromarray(one).resize((160, 160))), ((48, 48), (0, 0), (0, 0)))
    two = detector.detect(np.hstack([half, one]))
    with pytest.raises(PhotoRefused, match="2 faces") as caught:
        choose_faces(two, "refuse")
    assert caught.value.reason_code is RefusalReason.SEVERAL_FACES
    larger, smaller = choose_faces(two, "all")
    assert larger.interpupillary_px > 1.4 * smaller.interpupillary_px
    assert choose_faces(two, "largest") == [larger]


def test_a_face_of_few_pixels_is_refused(detector, astronaut):
    small = np.asarray(Image.fromarray(astronaut).resize((256, 256), Image.Resampling.LANCZOS))
    with pytest.raises(PhotoRefused, match=r"eyes are \d\d pixels apart") as caught:
        require_size(detector.detect(small)[0])
    assert caught.value.reason_code is RefusalReason.TOO_SMALL


def test_faces_of_low_confidence_do_not_count():
    class Uncertain:
        def detect_faces(self, image, output_type):
            points = [30, 70, 50, 35, 65, 40, 40, 60, 80, 80]
            return np.array([[0, 10, 10, 80, 80, confidence, *points] for confidence in (0.9, 0.97, 0.95)])

    detector = FaceDetector()
    detector.__dict__["_network"] = Uncertain()
    faces = detector.detect(np.zeros((100, 100, 3), np.uint8))
    assert [face.confidence for face in faces] == [0.97]
    assert isinstance(faces[0], DetectedFace)
    np.testing.assert_allclose(faces[0].landmarks_px[0], (30, 40))


def test_importing_detection_and_inference_loads_no_tensorflow():
    program = (
        "import sys, facedepth_pipeline.reconstruction.build; "
        "sys.exit(', '.join(sorted({'tensorflow', 'keras', 'mtcnn'} & set(sys.modules))))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.stderr.strip() == ""


def test_another_backend_than_tensorflow_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match=r"needs TensorFlow.*'jax'.*KERAS_BACKEND=jax kedro run --pipelines=train"):
        FaceDetector().detect(np.zeros((64, 64, 3), np.uint8))
