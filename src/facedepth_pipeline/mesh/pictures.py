"""Depth maps as PNG files."""

import io
import json

import numpy as np
from PIL import Image

from facedepth_pipeline.depth import MM_PER_PNG_LEVEL, DepthMap, depth_to_png_levels

PNG_EFFORT = 3  # of 9; 6, the default, takes two and a half times as long to save a sixteenth of the bytes


def depth_png(depth_map: DepthMap) -> bytes:
    """A 16-bit PNG of 0.01 mm per level, 0 = no surface."""
    return png(depth_to_png_levels(depth_map))


def depth_scale(depth_map: DepthMap) -> bytes:
    """The JSON that lies beside it and says its unit and pitch."""
    scale = {
        "unit": "mm",
        "mm_per_level": MM_PER_PNG_LEVEL,
        "pixel_pitch_x_mm": depth_map.pitch.x_mm,
        "pixel_pitch_y_mm": depth_map.pitch.y_mm,
    }
    return json.dumps(scale, indent=2).encode()


def png(pixels: np.ndarray) -> bytes:
    """A PNG of grey levels or colours, uint8 or uint16."""
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, format="PNG", compress_level=PNG_EFFORT)
    return data.getvalue()
