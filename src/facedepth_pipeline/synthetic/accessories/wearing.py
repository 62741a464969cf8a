"""Glasses on a head: where they rest, how far the front clears the face, and the meshes of frame and lenses."""

from typing import NamedTuple

import numpy as np

from facedepth_pipeline.synthetic.accessories.accessory import Accessory, Piece, join, lattice, mirrored, tube
from facedepth_pipeline.synthetic.accessories.face_sheet import azimuth_column, depth_at, face_sheet, height_row
from facedepth_pipeline.synthetic.accessories.glasses import OUTLINES, Glasses
from facedepth_pipeline.synthetic.head.surface import Surface
from facedepth_pipeline.synthetic.lighting.light import normalized
from facedepth_pipeline.synthetic.noise import smooth_step, waves

RIM_POINTS = 56
BRIDGE_POINTS = 9
CLEARANCE_MM = 0.7  # between frame and skin
LIFT_MM = 4.0  # how far a temple gives way to what stands out from the side of the head
TEMPLE_AZIMUTH_DEG = 60.0  # of the sides of the face, beside the eyes
EAR_AZIMUTH_DEG, EAR_HEIGHT_MM = 93.0, 6.5  # just above the root of the ear
LARGEST_ARCH_MM, BROW_BAR_ARCH_MM = 5.0, 2.0
HINGE_DEG, BRIDGE_DEG, BROW_BAR_DEG = 35.0, 155.0, 112.0  # where they leave the rim
BASE_CURVE_MM = 110.0  # radius of the outside of a lens
RIGHT_EYE_OUTER, LEFT_EYE_OUTER, SELLION, RHINION = 3, 8, 5, 6  # rows of the landmarks
METAL_GLOSS, PLASTIC_GLOSS, LENS_GLOSS = 3.0, 1.2, 1.2


class Worn(NamedTuple):
    """The two materials of a pair of glasses."""

    frame: Accessory
    lenses: Accessory


class Seat(NamedTuple):
    """Where glasses rest: their own axes on a head.

    Attributes:
        origin: (3,) float32 mm, the middle of the nose at the height and depth of the front of the eyes.
        turn: (3, 3) float32, columns are the axes of the glasses.
        half_width_mm: Half the width of the face at the temples.
    """

    origin: np.ndarray
    turn: np.ndarray
    half_width_mm: float


class Front(NamedTuple):
    """The front of a pair on a head, in the axes of its seat; the half on the wearer's left.

    Attributes:
        outline: (P, 2) mm, the middle of the rim, counterclockwise from the outer end.
        outward: (P, 2) unit vectors.
        centre: (2,) mm, middle of the lens.
        hinge: (2,) mm, x and y where the temple begins.
        z_mm: Depth of the front between the lenses, at the height of their centres.
        slope: How much nearer the front comes for each mm of height.
        wrap_mm: Radius of its curve.
        arch_mm: How far the bridge stands out.
    """

    outline: np.ndarray
    outward: np.ndarray
    centre: np.ndarray
    hinge: np.ndarray
    z_mm: float
    slope: float
    wrap_mm: float
    arch_mm: float

    def raised(self, places: np.ndarray) -> np.ndarray:
        """(N, 3) points of the front at (N, 2) places in the frontal plane."""
        z = self.z_mm + self.slope * (places[:, 1] - self.centre[1]) - places[:, 0] ** 2 / (2 * self.wrap_mm)
        return np.concatenate([places, z[:, None]], axis=1)


def wear_glasses(surface: Surface, upright: np.ndarray, glasses: Glasses) -> Worn:
    """Frame and lenses where they sit on a head.

    Args:
        surface: The head's mesh.
        upright: (W, 3) float32 mm, its fine vertices before the pose, with hair and beard on.
        glasses: What is worn.
    """
    sheet = face_sheet(surface).points(upright)
    seat = find_seat(surface, upright, sheet)
    skin = np.einsum("rci,ij->rcj", sheet - seat.origin, seat.turn)
    front = fit_front(skin, seat, glasses)
    rim, lens = _rim(front, glasses), _lens(front)
    temples = [_temple(skin, front, glasses), mirrored(_temple(_other_side(skin), front, glasses))]
    frame = join([rim, mirrored(rim), *_bridges(front, glasses), *temples])
    lenses = join([lens, mirrored(lens)])
    return Worn(_frame_material(frame, seat, glasses), _lens_material(lenses, seat, glasses))


def find_seat(surface: Surface, upright: np.ndarray, sheet: np.ndarray) -> Seat:
    """Where glasses rest on a head; ``sheet`` holds the (R, C, 3) points of its face sheet."""
    eyes = [upright[surface.region_weights[name] > 0.5] for name in ("right_eye", "left_eye")]
    right, left = ((eye.min(axis=0) + eye.max(axis=0)) / 2 for eye in eyes)
    cosine, sine, _ = normalized((left - right) * np.array([1, 1, 0], np.float32))
    nose_x = upright[surface.landmarks[[SELLION, RHINION]], 0].mean()
    height = right[1] + (nose_x - right[0]) * sine / cosine
    front_of_eyes = np.mean([eye[:, 2].max() for eye in eyes])
    corners = upright[surface.landmarks[[RIGHT_EYE_OUTER, LEFT_EYE_OUTER]], 0]
    sides = sheet[height_row(0.0), [azimuth_column(-TEMPLE_AZIMUTH_DEG), azimuth_column(TEMPLE_AZIMUTH_DEG)], 0]
    return Seat(
        np.array([nose_x, height, front_of_eyes], np.float32),
        np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], np.float32),
        float(min(np.ptp(sides) / 2, 0.8 * np.ptp(corners))),  # hair may stand out at the sides
    )


def fit_front(skin: np.ndarray, seat: Seat, glasses: Glasses) -> Front:
    """Set the front before the eyes, then move it forward until it clears brows, cheeks and nose.

    Args:
        skin: (R, C, 3) points of the face sheet in the axes of the seat.
        seat: Place that the glasses rest on.
        glasses: What is worn.
    """
    form = OUTLINES[glasses.form]
    room = glasses.width * seat.half_width_mm - glasses.bridge_mm / 2
    width = form.width * room
    centre = np.array([glasses.bridge_mm / 2 + width / 2, -glasses.slip_mm])
    outline = lens_outline(glasses) * width / 2
    hinge = np.array([glasses.width * seat.half_width_mm, centre[1] + outline[_at_angle(HINGE_DEG), 1]])
    front = Front(
        outline + centre, _outward(outline), centre, hinge,
        glasses.vertex_mm + glasses.depth_mm / 2 + centre[0] ** 2 / (2 * glasses.wrap_mm),
        0.0, glasses.wrap_mm, LARGEST_ARCH_MM,
    )  # fmt: skip
    return _cleared(front, skin, glasses)


def lens_outline(glasses: Glasses) -> np.ndarray:
    """(P, 2) form of the left lens, half as wide as 1, counterclockwise from its outer end."""
    form = OUTLINES[glasses.form]
    angle = np.linspace(0, 2 * np.pi, RIM_POINTS, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    power = form.squareness
    radius = (np.abs(cosine) ** power + np.abs(sine / form.height) ** power) ** (-1 / power)
    x, y = radius * cosine, radius * sine
    narrowed = x * (1 - form.taper * (1 - y / form.height) / 2)
    return np.stack([narrowed, y - form.droop * form.height * x], axis=1)


def _outward(outline: np.ndarray) -> np.ndarray:
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    return normalized(np.stack([along[:, 1], -along[:, 0]], axis=1))


def _cleared(front: Front, skin: np.ndarray, glasses: Glasses) -> Front:
    """The front tilted as far as the cheeks allow, then far enough forward, its bridge arched over the nose."""
    half_rim = glasses.rim_mm / 2 * front.outward
    rims = np.concatenate([front.outline + side * half_rim for side in (-1, 0, 1)])
    bar, _ = _bar_places(front, glasses, BROW_BAR_DEG)
    bridge, rise = _bar_places(front, glasses, BRIDGE_DEG)
    places = np.concatenate([rims, rims * [-1, 1], bar, bridge])
    allowed = np.concatenate([np.zeros(2 * len(rims)), BROW_BAR_ARCH_MM * rise, LARGEST_ARCH_MM * rise])
    back = front.raised(places)[:, 2] - glasses.depth_mm / 2 - CLEARANCE_MM
    inside = depth_at(skin, places[:, 0], places[:, 1]) - back
    slopes = np.tan(np.deg2rad(glasses.tilt_deg * np.array([1, 0.67, 0.33, 0.0])))
    push = np.max(inside - allowed - slopes[:, None] * (places[:, 1] - front.centre[1]), axis=1)
    tilt = int(np.argmax(push < 1)) if push.min() < 1 else int(np.argmin(push))
    forward = max(float(push[tilt]), 0.0)
    front = front._replace(z_mm=front.z_mm + forward, slope=float(slopes[tilt]))
    over_nose = inside[-len(bridge) :] - forward - front.slope * (bridge[:, 1] - front.centre[1])
    return front._replace(arch_mm=float(np.clip(np.max(over_nose / np.maximum(rise, 0.2)), 1.0, LARGEST_ARCH_MM)))


def _bar_places(front: Front, glasses: Glasses, angle_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """(B, 2) places of a bar between the lenses, and (B,) how much of its arch each has.

    Args:
        front: The front.
        glasses: What is worn; without a brow bar it has its bridge there.
        angle_deg: Direction from the middle of the lens to where the bar begins.
    """
    start = front.outline[_at_angle(angle_deg if glasses.form == "aviator" else BRIDGE_DEG)]
    share = np.linspace(-1, 1, BRIDGE_POINTS)
    rise = 1 - share**2
    return np.stack([share * start[0], start[1] + 1.5 * rise], axis=1), rise


def _at_angle(angle_deg: float) -> int:
    """Number of the point of the outline in a direction from its middle."""
    return round(angle_deg / 360 * RIM_POINTS) % RIM_POINTS


def _rim(front: Front, glasses: Glasses) -> Piece:
    half = np.full((RIM_POINTS, 2), [glasses.rim_mm / 2, glasses.depth_mm / 2])
    if glasses.form == "browline":
        half *= _browline(front)[:, None]
    across = np.concatenate([front.outward, np.zeros((RIM_POINTS, 1))], axis=1)
    return tube(front.raised(front.outline), across, half, closed=True)


def _browline(front: Front) -> np.ndarray:
    """(P,) factor on the thickness of the rim: heavy above, a wire below."""
    height = (front.outline[:, 1] - front.centre[1]) / np.ptp(front.outline[:, 1])
    return 0.35 + 1.1 * smooth_step(0.05, 0.3, height)


def _bridges(front: Front, glasses: Glasses) -> list[Piece]:
    half = np.array([0.5, 0.5] if glasses.metal else [0.55, 0.45]) * [glasses.rim_mm, glasses.depth_mm]
    arches = [(BRIDGE_DEG, front.arch_mm)]
    if glasses.form == "aviator":
        arches.append((BROW_BAR_DEG, BROW_BAR_ARCH_MM))
    bars = []
    for angle_deg, arch_mm in arches:
        places, rise = _bar_places(front, glasses, angle_deg)
        path = front.raised(places)
        path[:, 2] += arch_mm * rise
        bars.append(_bar(path, half))
    return bars


def _bar(path: np.ndarray, half_mm: np.ndarray) -> Piece:
    """A tube whose cross-section stands upright."""
    upright = np.broadcast_to([0.0, 1.0, 0.0], path.shape)
    return tube(path, upright, np.broadcast_to(half_mm, (len(path), 2)), closed=False)


def _temple(skin: np.ndarray, front: Front, glasses: Glasses) -> Piece:
    """End piece and temple on the wearer's left, to just above the root of the ear."""
    row = height_row(EAR_HEIGHT_MM)
    side = skin[row, azimuth_column(TEMPLE_AZIMUTH_DEG) : azimuth_column(EAR_AZIMUTH_DEG) + 1]
    thin = 0.5 if glasses.metal else 1.1
    ear = side[-1] + np.array([thin + 1.0, 0, 0])
    corner = front.raised(front.hinge[None])[0]
    start = front.raised(front.outline[_at_angle(HINGE_DEG)][None])[0]
    share = np.linspace(0, 1, 14)[:, None]
    arm = (corner + np.array([0.5, 0, -7.0])) * (1 - share) + ear * share
    outside = np.interp(-arm[:, 2], -side[:, 2], side[:, 0]) + thin + 1.0
    arm[:, 0] += np.clip(outside - arm[:, 0], 0, LIFT_MM)
    bend = corner + np.array([[-1.2, 0, -0.3], [0.3, 0, -2.2]])
    path = np.concatenate([[start, (start + corner) / 2], bend, arm])
    tall = glasses.temple_mm * np.interp(np.arange(len(path)), [0, 3, 6, len(path) - 1], [0.8, 1, 0.9, 0.6])
    return _bar(path, np.stack([tall / 2, np.full_like(tall, thin)], axis=1))


def _other_side(skin: np.ndarray) -> np.ndarray:
    """The points of the face sheet, right and left exchanged."""
    return skin[:, ::-1] * np.array([-1, 1, 1], np.float32)


def _lens(front: Front) -> Piece:
    share = np.array([0.02, 0.35, 0.65, 0.88, 1.0])
    places = front.centre + share[:, None, None] * (front.outline - front.centre)
    points = front.raised(places.reshape(-1, 2))
    slope_x = -points[:, 0] / front.wrap_mm - (points[:, 0] - front.centre[0]) / BASE_CURVE_MM
    slope_y = front.slope - (points[:, 1] - front.centre[1]) / BASE_CURVE_MM
    normals = normalized(np.stack([-slope_x, -slope_y, np.ones(len(points))], axis=1))
    triangles = lattice(len(share), RIM_POINTS, rows_closed=False, columns_closed=True)[:, ::-1]
    return Piece(points, normals, triangles)


def _frame_material(frame: Piece, seat: Seat, glasses: Glasses) -> Accessory:
    blotches = waves(np.random.default_rng(0), frame.vertices, wavelength_mm=(5, 16), count=8)
    shade = 1 + glasses.mottle * (0.3 + 1.5 * np.clip(blotches, -0.6, 1.5))
    albedo = np.clip(np.array(glasses.colour) * shade[:, None], 0.004, 0.9).astype(np.float32)
    gloss = METAL_GLOSS if glasses.metal else PLASTIC_GLOSS
    return Accessory(*_on_head(frame, seat), albedo, np.full(len(albedo), gloss, np.float32))


def _lens_material(lenses: Piece, seat: Seat, glasses: Glasses) -> Accessory:
    y = lenses.vertices[:, 1]
    tint = glasses.tint * (1 - glasses.tint_fade * (y.max() - y) / np.ptp(y))
    passed = (1 - tint[:, None] * (1 - np.array(glasses.tint_colour))).astype(np.float32)
    gloss = np.full(len(passed), LENS_GLOSS, np.float32)
    return Accessory(*_on_head(lenses, seat), passed, gloss, lens=True, tint=glasses.tint)


def _on_head(piece: Piece, seat: Seat) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, normals and triangles in the coordinates of the head."""
    vertices, normals = (np.einsum("ij,kj->ik", each, seat.turn) for each in (piece.vertices, piece.normals))
    return (vertices + seat.origin).astype(np.float32), normals.astype(np.float32), piece.triangles
