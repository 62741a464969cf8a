"""Small, real data: pairs with closed-form depth, and a tree of files in the Texas format."""

import logging
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "1")

import uuid
from pathlib import Path

import numpy as np
import pytest

from facedepth_pipeline.data.pairs import preprocess_pair
from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.storage.storage import Storage, open_storage
from facedepth_pipeline.synthetic.head.head_model import HeadModel
from faces import FRAME, LANDMARKS, ListedPairs, dome, pair_name, png_bytes


@pytest.fixture(scope="session")
def head_model() -> HeadModel:
    """The head of the stand-in faces."""
    with np.load(Path(__file__).parents[1] / "data" / "01_raw" / "head_model.npz", allow_pickle=False) as arrays:
        return HeadModel.from_arrays(dict(arrays))


@pytest.fixture(scope="session")
def s3_server():
    """An S3-compatible server on loopback, which processes find by their environment."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(zip(names, (f"http://{host}:{port}", "key", "secret", "us-east-1")))
    yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    server.stop()


@pytest.fixture
def bucket(s3_server) -> str:
    """Address of an empty bucket."""
    import s3fs

    name = f"bucket-{uuid.uuid4().hex}"
    s3fs.S3FileSystem(use_listings_cache=False).mkdir(name)
    return f"s3://{name}"


@pytest.fixture(params=["disk", "bucket"])
def storage(request, tmp_path: Path) -> Storage:
    """The same storage on a disk and in a bucket."""
    return open_storage(
        str(tmp_path / "store") if request.param == "disk" else request.getfixturevalue("bucket") + "/x/y"
    )


@pytest.fixture
def texas_tree(tmp_path: Path) -> Path:
    """Six good pairs of four subjects in ``PreprocessedImages/``."""
    root = tmp_path / "texas"
    folder = root / "PreprocessedImages"
    folder.mkdir(parents=True)
    for image, subject in ((1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 4)):
        name = pair_name(image, subject)
        portrait = np.full((*FRAME, 3), 20 * image, np.uint8)
        (folder / name.file_name("Portrait")).write_bytes(png_bytes(portrait))
        (folder / name.file_name("Range")).write_bytes(png_bytes(dome(200, 200 + image)))
    return root


@pytest.fixture(scope="session")
def generator() -> DepthGenerator:
    """A network that takes the mean brightness of a photo for its depth, with dropout as in pix2pix."""
    from facedepth_pipeline.runtime.keras_import import keras

    photo = keras.Input((256, 256, 3))
    mean = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer=keras.initializers.Constant(1 / 3))(photo)
    network = keras.Model(photo, keras.layers.Dropout(0.5)(mean))
    sidecar = GeneratorSidecar(
        fit="stretch",
        landmarks=LANDMARKS,
        interpupillary_mm=63.0,
        valid_threshold_mm=5.0,
        data_digest="",
        training_subjects=("001",),
        licence="CC0-1.0",
        parameters={},
    )
    return DepthGenerator(network, sidecar)


@pytest.fixture(scope="session")
def dome_pairs() -> ListedPairs:
    """Eight pairs of four subjects whose depth can be told from the brightness of the photo."""
    pairs = []
    for image in range(8):
        range_grey = dome(150 + 12 * image, 120 + 15 * image)
        portrait = np.repeat((range_grey // 2 + 40)[..., None], 3, axis=2)
        pairs.append(preprocess_pair(f"{image + 1:04d}", f"{image // 2 + 1:03d}", portrait, range_grey, "stretch"))
    return ListedPairs(pairs)
