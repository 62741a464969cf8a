import numpy as np
import pytest
from PIL import Image

from facedepth_pipeline.baselines.foreign import open_foreign, read_depth_file
from facedepth_pipeline.depth import depth_from_range, fit_depth
from faces import FRAME, dome

FITTED = fit_depth(depth_from_range(dome(200, 200)), "stretch")
HOLED = np.where(FITTED.valid, FITTED.depth_mm, np.nan).astype(np.float32)
FRAME_MM = np.where(dome(200, 200) > 0, dome(200, 200) * np.float32(0.32), np.nan).astype(np.float32)


def levels(depth_mm):
    return Image.fromarray(np.rint(np.nan_to_num(depth_mm) * 100).astype(np.uint16))


@pytest.mark.parametrize("stem", ["0001", "Clean_0001_001_20050912091301", "Clean_0001_001_20050912091301_Portrait"])
def test_a_depth_map_is_found_by_image_id_or_name_of_the_portrait(tmp_path, dome_pairs, stem):
    np.save(tmp_path / f"{stem}.npy", HOLED)
    (tmp_path / "README.md").write_text("about these")
    method = open_foreign("mesh", tmp_path)
    np.testing.assert_array_equal(method.predict(dome_pairs[0]), HOLED)
    assert method.predict(dome_pairs[1]) is None
    assert "1 depth maps" in method.said


def test_the_frame_and_the_photo_as_floats_and_as_png_all_say_the_same(tmp_path, dome_pairs):
    np.save(tmp_path / "0001.npy", FRAME_MM)
    np.save(tmp_path / "0002.npy", HOLED.astype(np.float64))
    levels(FRAME_MM).save(tmp_path / "0003.png")
    levels(HOLED).save(tmp_path / "0004.png")
    method = open_foreign("mesh", tmp_path)
    for pair in list(dome_pairs)[:4]:
        predicted_mm = method.predict(pair)
        assert predicted_mm.dtype == np.float32
        np.testing.assert_array_equal(np.isfinite(predicted_mm), FITTED.valid, err_msg=pair.image_id)
        np.testing.assert_allclose(predicted_mm, HOLED, atol=0.0051)


def archive(path):
    with path.open("wb") as out:
        np.savez(out, depth_mm=HOLED)


def array(*shape, dtype):
    return lambda path: np.save(path, np.zeros(shape, dtype))


def grey(mode):
    return lambda path: Image.new(mode, (256, 256)).save(path)


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("0001.npy", array(300, 200, dtype=np.float32), "received 300 x 200 values; .*751 x 501, .*256 x 256"),
        ("0001.npy", array(256, 256, dtype=np.uint8), "received uint8; expected floats in millimetres"),
        ("0001.npy", lambda path: path.write_bytes(b"no array"), "cannot be read: .*numpy.save"),
        ("0001.npy", archive, "cannot be read: .*numpy.save"),
        ("0001.png", lambda path: path.write_bytes(b"no picture"), "cannot be read: .*16-bit grey PNG"),
        ("0001.png", grey("L"), "received a PNG of mode 'L'; expected 16-bit grey, 0.01 mm a level"),
    ],
)
def test_a_file_that_is_no_depth_map_is_named(tmp_path, dome_pairs, name, write, message):
    write(tmp_path / name)
    method = open_foreign("mesh", tmp_path)
    with pytest.raises(ValueError, match=rf"(?s){name}.*{message}"):
        method.predict(dome_pairs[0])


def test_a_folder_without_depth_maps_and_a_path_to_nothing_say_what_is_expected(tmp_path):
    with pytest.raises(ValueError, match=r"evaluate.foreign.mesh: the folder .* holds no .npy and no .png; expected"):
        open_foreign("mesh", tmp_path)
    with pytest.raises(ValueError, match=r"evaluate.foreign.mesh is .*nowhere: there is nothing. Expected a folder"):
        open_foreign("mesh", tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(ValueError, match=r"that is neither"):
        open_foreign("mesh", tmp_path / "notes.txt")


def test_two_files_of_one_image_are_refused(tmp_path):
    np.save(tmp_path / "0001.npy", HOLED)
    np.save(tmp_path / "Clean_0001_001_20050912091301.npy", HOLED)
    with pytest.raises(ValueError, match=r"0001.npy and Clean_0001_.*are both of image 0001"):
        open_foreign("mesh", tmp_path)


def write_method(path, body):
    path.write_text(f"import numpy as np\n\n\ndef predict(photos):\n    {body}\n")
    return path


def test_a_python_file_predicts(tmp_path, dome_pairs):
    path = write_method(
        tmp_path / "brightness.py", "return np.where(photos[..., 0] > 45, photos[..., 0], np.nan) * 0.5"
    )
    predicted_mm = open_foreign("brightness", path).predict(dome_pairs[0])
    red = dome_pairs[0].photo[..., 0]
    np.testing.assert_allclose(predicted_mm, np.where(red > 45, 0.5 * red, np.nan))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return np.zeros((len(photos), 64, 64))", r"gave float64 of shape \(1, 64, 64\) .*of shape \(1, 256, 256\)"),
        ("return photos[..., 0]", r"gave uint8 of shape \(1, 256, 256\) .*expected floats"),
    ],
)
def test_what_a_python_file_gives_is_checked(tmp_path, dome_pairs, body, message):
    method = open_foreign("mine", write_method(tmp_path / "mine.py", body))
    with pytest.raises(ValueError, match=rf"(?s)evaluate.foreign.mine: predict of .*mine.py {message}"):
        method.predict(dome_pairs[0])


def test_a_python_file_that_cannot_be_used_says_why(tmp_path):
    (tmp_path / "empty.py").write_text("")
    with pytest.raises(ValueError, match=r"empty.py defines no predict; expected predict\(photos\)"):
        open_foreign("mine", tmp_path / "empty.py")
    (tmp_path / "broken.py").write_text("import something_that_is_not_installed")
    with pytest.raises(ValueError, match=r"failed when it was imported: ModuleNotFoundError: .*install what it needs"):
        open_foreign("mine", tmp_path / "broken.py")


def test_holes_of_a_frame_are_not_smeared_into_its_depth(tmp_path):
    frame_mm = np.full(FRAME, np.nan, np.float32)
    frame_mm[300:400, 200:300] = 50
    np.save(tmp_path / "0001.npy", frame_mm)
    fitted_mm = read_depth_file(tmp_path / "0001.npy", "stretch")
    np.testing.assert_allclose(fitted_mm[np.isfinite(fitted_mm)], 50, rtol=1e-6)
    assert np.isfinite(fitted_mm).sum() == pytest.approx(100 * 100 * 256**2 / (751 * 501), rel=0.05)
