import numpy as np
import pytest

from facedepth_pipeline.synthetic.appearance.skin import (
    BLOOD_RANGE,
    D65_WHITE_XYZ,
    DEOXYHAEMOGLOBIN,
    EPIDERMIS_CM,
    EPIDERMIS_PATH,
    MELANIN_RANGE,
    OXYHAEMOGLOBIN,
    SRGB_FROM_XYZ,
    WAVELENGTH_NM,
    deep_reflectance,
    layer_reflectance,
    rgb_from_spectrum,
    skin_reflectance,
    skin_spectrum,
)

# (melanin, blood)
CHEEKS = {
    "very light": (0.012, 0.012),
    "light": (0.022, 0.014),
    "olive": (0.05, 0.015),
    "brown": (0.1, 0.02),
    "dark": (0.2, 0.025),
    "very dark": (0.33, 0.025),
}


def lab(rgb):
    lightness = np.cbrt(rgb @ np.linalg.inv(SRGB_FROM_XYZ).T / D65_WHITE_XYZ)
    x, y, z = np.moveaxis(lightness, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def typology_angle_deg(rgb):
    """ITA (Chardon et al. 1991): above 55 very light, 41 light, 28 intermediate, 10 tan, -30 brown, below it dark."""
    lightness, _, yellowness = np.moveaxis(lab(rgb), -1, 0)
    return np.degrees(np.arctan2(lightness - 50, yellowness))


def grid(size):
    melanin = np.geomspace(*MELANIN_RANGE, size)
    return melanin[:, None], np.geomspace(*BLOOD_RANGE, size)[None, :]


def test_white_stays_white():
    np.testing.assert_allclose(rgb_from_spectrum(np.ones(len(WAVELENGTH_NM))), 1, rtol=1e-12)
    assert deep_reflectance(np.array(0.0), np.array(30.0)) == 1
    assert layer_reflectance(np.array(1.0), np.array(0.0), np.array(30.0)) == pytest.approx(1, abs=1e-6)


def test_grey_is_grey():
    np.testing.assert_allclose(rgb_from_spectrum(np.full((2, len(WAVELENGTH_NM)), 0.25)), 0.25, rtol=1e-12)


def test_deep_medium_obeys_the_equation_of_kubelka_and_munk():
    absorption, scattering = np.array([0.1, 3.0, 500.0]), np.array([20.0, 30.0, 60.0])
    returned = deep_reflectance(absorption, scattering)
    np.testing.assert_allclose((1 - returned) ** 2 / (2 * returned), 2 * absorption / (0.75 * scattering), rtol=1e-6)


def test_layer_without_scattering_follows_beer_and_lambert():
    absorption = np.array([1.0, 50.0, 200.0])
    transmittance = np.exp(-EPIDERMIS_PATH * absorption * EPIDERMIS_CM)
    np.testing.assert_allclose(
        layer_reflectance(np.array(0.6), absorption, np.array(1e-4)), 0.6 * transmittance**2, rtol=1e-4
    )


def test_layer_without_absorption_adds_up_like_plates_of_white():
    scattering = np.array(40.0)
    own = 0.75 * scattering * EPIDERMIS_CM / (1 + 0.75 * scattering * EPIDERMIS_CM)
    expected = own + (1 - own) ** 2 * 0.6 / (1 - own * 0.6)
    assert layer_reflectance(np.array(0.6), np.array(0.0), scattering) == pytest.approx(expected, rel=1e-6)


def test_haemoglobin_at_its_known_points():
    nm = list(WAVELENGTH_NM)
    assert (OXYHAEMOGLOBIN[nm.index(420)], DEOXYHAEMOGLOBIN[nm.index(420)]) == (480360, 407560)
    assert (OXYHAEMOGLOBIN[nm.index(560)], DEOXYHAEMOGLOBIN[nm.index(560)]) == (32613.2, 53788)
    assert (OXYHAEMOGLOBIN[nm.index(700)], DEOXYHAEMOGLOBIN[nm.index(700)]) == (290, 1794.28)


@pytest.mark.parametrize("oxygenation", [0.5, 0.75, 1.0])
def test_table_agrees_with_the_spectrum(oxygenation):
    melanin, blood = grid(101)
    direct = rgb_from_spectrum(skin_spectrum(melanin, blood, oxygenation))
    np.testing.assert_allclose(skin_reflectance(melanin, blood, oxygenation), direct, rtol=0.01)


def test_more_melanin_is_darker_in_every_channel():
    assert np.all(np.diff(skin_reflectance(*grid(40)), axis=0) < 0)


def test_more_blood_is_redder_unless_melanin_hides_it():
    melanin, blood = grid(40)
    rgb = skin_reflectance(melanin, blood)
    ratio = rgb[..., 0] / rgb[..., 1]
    assert np.all(np.diff(ratio[melanin[:, 0] < 0.12], axis=1) > 0)
    assert np.all(np.diff(rgb[..., 1], axis=1) < 0)


def test_oxygen_makes_blood_redder():
    assert np.all(skin_reflectance(0.02, 0.05, 1.0)[0] > skin_reflectance(0.02, 0.05, 0.4)[0])


def test_hue_is_that_of_skin_everywhere():
    rgb = skin_reflectance(*grid(60))
    assert np.all(np.diff(rgb, axis=-1) < 0)
    assert rgb.min() > 0.01
    assert rgb.max() < 0.8


# Limits of L*, a*, b* round those of cheeks; a* hardly differs between groups (Xiao et al. 2017).
@pytest.mark.parametrize(
    ("cheek", "low", "high"),
    [
        ("very light", (66, 6, 10), (73, 12, 15)),
        ("light", (65, 8, 13), (72, 14, 18)),
        ("olive", (54, 8, 15), (62, 14, 21)),
        ("brown", (43, 8, 15), (52, 14, 24)),
        ("dark", (35, 8, 10), (45, 13, 18)),
        ("very dark", (26, 6, 9), (35, 12, 15)),
    ],
)
def test_cheeks_have_plausible_colours(cheek, low, high):
    colour = lab(skin_reflectance(*CHEEKS[cheek]))
    assert np.all(colour > low), colour
    assert np.all(colour < high), colour


def test_middling_tones_are_the_most_colourful():
    colourfulness = {name: np.hypot(*lab(skin_reflectance(*CHEEKS[name]))[1:]) for name in CHEEKS}
    assert colourfulness["light"] < colourfulness["brown"] > colourfulness["very dark"]


def test_typology_runs_from_very_light_to_dark():
    melanin = np.geomspace(*MELANIN_RANGE, 60)
    classes = np.digitize(typology_angle_deg(skin_reflectance(melanin, np.array(0.012))), [-30, 10, 28, 41, 55])
    assert np.all(np.diff(classes) <= 0)
    assert set(classes) == {5, 4, 3, 2, 1, 0}


def test_shape_dtype_and_limits():
    rgb = skin_reflectance(np.full((5, 1), 0.03, np.float32), np.full(7, 0.02, np.float32))
    assert rgb.shape == (5, 7, 3)
    assert rgb.dtype == np.float32
    assert skin_reflectance(np.float64(0.03), np.float64(0.02)).dtype == np.float32
    np.testing.assert_array_equal(skin_reflectance(0.0, 1.0), skin_reflectance(MELANIN_RANGE[0], BLOOD_RANGE[1]))
    np.testing.assert_array_equal(skin_reflectance(1.0, 0.0), skin_reflectance(MELANIN_RANGE[1], BLOOD_RANGE[0]))


def test_same_input_gives_the_same_colours():
    np.testing.assert_array_equal(skin_reflectance(*grid(30)), skin_reflectance(*grid(30)))


def test_oxygenation_is_a_share():
    with pytest.raises(ValueError, match=r"share between 0 and 1; received 75\.0"):
        skin_reflectance(np.array(0.03), np.array(0.02), 75)
