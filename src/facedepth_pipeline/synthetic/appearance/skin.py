"""Colour of skin from its pigments: melanin in a thin epidermis, blood in the dermis below.

Only light that has been inside the skin; the mirror reflection of its surface is gloss and shaded elsewhere.

- Absorption: S. L. Jacques, Skin Optics, Oregon Medical Laser Center News, January 1998
  (omlc.org/news/jan98/skinoptics.html); haemoglobin: S. Prahl's tabulation (omlc.org/spectra/hemoglobin).
- Transport: two streams after Kubelka & Munk. The dermis is infinitely deep, the epidermis a layer upon it
  (P. Kubelka, J. Opt. Soc. Am. 38, 1948); the surface sends a part of what comes from inside back
  (J. L. Saunderson, J. Opt. Soc. Am. 32, 1942).
- Colour: CIE 1931 observer as fitted by Wyman, Sloan & Shirley (JCGT 2(2), 2013) under D65.

Three constants are chosen here, so that L*, a* and b* look like those of cheeks. An epidermis that only absorbs gives
dark skin an orange about twice as saturated as it is (b* near 40). So it scatters as well: KERATIN_SCATTERING, and
MELANOSOME_SCATTERING, which greys dark skin alone (melanin does send light back: Rajadhyaksha et al., J. Invest.
Dermatol. 104, 1995). And light skin came out too dark for its redness: DERMIS_SCATTERING (published coefficients
differ by orders of magnitude: Lister et al., J. Biomed. Opt. 17, 2012).
"""

import functools

import numpy as np

WAVELENGTH_NM = np.arange(400.0, 701.0, 10.0)

# Molar extinction of haemoglobin with and without oxygen, 1 / (cm mol/L), at WAVELENGTH_NM
# fmt: off
OXYHAEMOGLOBIN = np.array([
    266232, 466840, 480360, 246072, 102580, 62816, 44480, 33209.2, 26629.2, 23684.4, 20932.8, 20035.2, 24202.4,
    39956.8, 53236, 43016, 32613.2, 44496, 50104, 14400.8, 3200, 1506, 942, 610, 442, 368, 319.6, 294, 277.6, 276, 290,
])
DEOXYHAEMOGLOBIN = np.array([
    223296, 303956, 407560, 528600, 413280, 103292, 23388.8, 16156.4, 14550, 16684, 20862, 25773.6, 31589.6,
    39036.4, 46592, 53412, 53788, 45072, 37020, 28324.4, 14677.2, 9443.6, 6509.6, 5148.8, 4345.2, 3750.12, 3226.56,
    2795.12, 2407.92, 2051.96, 1794.28,
])
D65 = np.array([
    82.7549, 91.486, 93.4318, 86.6823, 104.865, 117.008, 117.812, 114.861, 115.923, 108.811, 109.354, 107.802, 104.79,
    107.689, 104.405, 104.046, 100, 96.3342, 95.788, 88.6856, 90.0062, 89.5991, 87.6987, 83.2886, 83.6992, 80.0268,
    80.2146, 82.2778, 78.2842, 69.7213, 71.6091,
])
# fmt: on
D65_WHITE_XYZ = np.array([0.95047, 1.0, 1.08883])
SRGB_FROM_XYZ = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)
HAEMOGLOBIN_MOL_PER_L = 150 / 64_500  # g/L in blood over g/mol

# Absorption per cm
MELANOSOME = 6.6e11 * WAVELENGTH_NM**-3.33
BLOODLESS_SKIN = 0.244 + 85.3 * np.exp(-(WAVELENGTH_NM - 154) / 66.2)
# Reduced scattering per cm of the dermis: thick collagen fibres (Mie) and thin ones (Rayleigh)
MIE = 2e5 * WAVELENGTH_NM**-1.5
RAYLEIGH = 2e12 * WAVELENGTH_NM**-4

EPIDERMIS_CM = 0.006
EPIDERMIS_PATH = 1.5  # a beam comes in (1 thickness), diffuse light leaves (2): their mean
DIFFUSE_PATH = 2.0
INTERNAL_REFLECTION = 0.53  # of diffuse light at the surface from inside: Fresnel, refractive index 1.4
DERMIS_SCATTERING = 1.7  # of Jacques's
KERATIN_SCATTERING = 0.7  # of MIE: the epidermis has no collagen, hence no RAYLEIGH
MELANOSOME_SCATTERING = 14.0  # of MIE, for a volume of nothing but melanosomes

MELANIN_RANGE = (0.005, 0.45)
BLOOD_RANGE = (0.001, 0.2)
TABLE_SIZE = 64


def skin_reflectance(melanin: np.ndarray, blood: np.ndarray, oxygenation: float = 0.75) -> np.ndarray:
    """Linear sRGB reflectance of skin; a perfect white diffuser is (1, 1, 1).

    Interpolated in a table that is made once for each oxygenation. Values outside a range count as its end.

    Args:
        melanin: Share of melanosomes in the volume of the epidermis, 0.005 to 0.45.
        blood: Share of blood in the volume of the dermis, 0.001 to 0.2; any shape that broadcasts with ``melanin``.
        oxygenation: Share of the haemoglobin that carries oxygen, 0 to 1; near 0 pale skin with much blood turns blue.

    Returns:
        (..., 3) float32; red >= green >= blue from an oxygenation of 0.75 on.

    Raises:
        ValueError: If ``oxygenation`` is not a share.
    """
    table = reflectance_table(float(oxygenation))
    melanin, blood = np.broadcast_arrays(melanin, blood)
    row, lower_share = _place(melanin, MELANIN_RANGE)
    column, right_share = _place(blood, BLOOD_RANGE)
    upper = _between(table[row, column], table[row, column + 1], right_share)
    lower = _between(table[row + 1, column], table[row + 1, column + 1], right_share)
    return _between(upper, lower, lower_share)


@functools.lru_cache(maxsize=16)
def reflectance_table(oxygenation: float) -> np.ndarray:
    """(64, 64, 3) float32 linear RGB for melanin (rows) and blood (columns), each in even steps of its logarithm."""
    melanin = np.geomspace(*MELANIN_RANGE, TABLE_SIZE)
    blood = np.geomspace(*BLOOD_RANGE, TABLE_SIZE)
    table = rgb_from_spectrum(skin_spectrum(melanin[:, None], blood[None, :], oxygenation)).astype(np.float32)
    table.setflags(write=False)
    return table


def skin_spectrum(melanin: np.ndarray, blood: np.ndarray, oxygenation: float) -> np.ndarray:
    """(..., 31) diffuse reflectance at WAVELENGTH_NM; arguments as in ``skin_reflectance``, without limits."""
    if not 0 <= oxygenation <= 1:
        raise ValueError(f"oxygenation must be a share between 0 and 1; received {oxygenation}.")
    melanin, blood = np.asarray(melanin)[..., None], np.asarray(blood)[..., None]
    haemoglobin = oxygenation * OXYHAEMOGLOBIN + (1 - oxygenation) * DEOXYHAEMOGLOBIN
    whole_blood = np.log(10) * HAEMOGLOBIN_MOL_PER_L * haemoglobin
    dermis = deep_reflectance(blood * whole_blood + (1 - blood) * BLOODLESS_SKIN, DERMIS_SCATTERING * (MIE + RAYLEIGH))
    epidermis = layer_reflectance(
        dermis,
        melanin * MELANOSOME + (1 - melanin) * BLOODLESS_SKIN,
        (KERATIN_SCATTERING + MELANOSOME_SCATTERING * melanin) * MIE,
    )
    return (1 - INTERNAL_REFLECTION) * epidermis / (1 - INTERNAL_REFLECTION * epidermis)


def deep_reflectance(absorption: np.ndarray, scattering: np.ndarray) -> np.ndarray:
    """Share of diffuse light that an infinitely deep medium returns, from its coefficients per cm.

    ``scattering`` is the reduced one; three quarters of it turn diffuse light back (L. F. Gate,
    Appl. Opt. 13, 1974).
    """
    ratio = DIFFUSE_PATH * absorption / (0.75 * scattering)
    return 1 + ratio - np.sqrt(ratio**2 + 2 * ratio)


def layer_reflectance(below: np.ndarray, absorption: np.ndarray, scattering: np.ndarray) -> np.ndarray:
    """Share of light that the epidermis returns when what lies below returns ``below``.

    Without scattering it is ``below`` times the Beer-Lambert transmittance there and back.
    """
    backward = 0.75 * scattering
    a = 1 + EPIDERMIS_PATH * absorption / backward
    b = np.sqrt(np.maximum(a**2 - 1, 1e-12))
    c = b / np.tanh(b * backward * EPIDERMIS_CM)
    return (1 - below * (a - c)) / (a - below + c)


def rgb_from_spectrum(reflectance: np.ndarray) -> np.ndarray:
    """(..., 3) linear sRGB under D65 of (..., 31) reflectance; what lies outside the gamut is cut at 0."""
    return np.clip(reflectance @ _rgb_weights().T, 0, None)


@functools.cache
def _rgb_weights() -> np.ndarray:
    """(3, 31), each row adding up to 1."""
    lobes = (
        (0.362, 442.0, 0.0624, 0.0374),
        (1.056, 599.8, 0.0264, 0.0323),
        (-0.065, 501.1, 0.0490, 0.0382),
        (0.821, 568.8, 0.0213, 0.0247),
        (0.286, 530.9, 0.0613, 0.0322),
        (1.217, 437.0, 0.0845, 0.0278),
        (0.681, 459.0, 0.0385, 0.0725),
    )
    curves = [height * _lobe(peak_nm, left, right) for height, peak_nm, left, right in lobes]
    observer = np.array([sum(curves[:3]), sum(curves[3:5]), sum(curves[5:])]) * D65
    observer *= D65_WHITE_XYZ[:, None] / observer.sum(axis=1, keepdims=True)
    weights = SRGB_FROM_XYZ @ observer
    return weights / weights.sum(axis=1, keepdims=True)


def _lobe(peak_nm: float, left: float, right: float) -> np.ndarray:
    """(31,) bell of height 1 whose slopes (per nm) differ."""
    offset = WAVELENGTH_NM - peak_nm
    return np.exp(-0.5 * (offset * np.where(offset < 0, left, right)) ** 2)


def _place(values: np.ndarray, limits: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Cell of the table (index of its start) and the share of the cell before the value."""
    low, high = np.log(limits)
    limited = np.clip(values, *limits).astype(np.float32)
    cell = (np.log(limited) - np.float32(low)) * np.float32((TABLE_SIZE - 1) / (high - low))
    start = np.clip(cell, 0, TABLE_SIZE - 2).astype(np.intp)
    return start, np.clip(cell - start, 0, 1).astype(np.float32)


def _between(start: np.ndarray, end: np.ndarray, share: np.ndarray) -> np.ndarray:
    return start + (end - start) * share[..., None]
