"""Where networks compute, and in which precision."""

from pathlib import Path
from typing import Literal

from facedepth_pipeline.runtime.keras_import import keras

Precision = Literal["auto", "float32", "bfloat16"]
Device = Literal["auto", "cpu", "gpu"]
Distribution = Literal["none", "mirrored", "multi_worker"]

FLOAT32_LAYERS = frozenset(
    {
        "depth_logits", "plus_mean_face", "depth_normalized", "depth_raised", "depth_in_mask", "depth_lowered",
        "mask_sharpened", "mask",
    }
)  # fmt: skip
BFLOAT16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})


def choose_device(device: Device, has_gpu: bool) -> str:
    """Name of the Keras device to train on.

    Args:
        device: As the parameter says.
        has_gpu: Whether the backend sees one.

    Raises:
        ValueError: If a GPU is asked for and the backend sees none.
    """
    if device == "gpu" and not has_gpu:
        raise ValueError(
            f"train.device is 'gpu', but the {keras.backend.backend()} backend sees none. Install the GPU build "
            "(pip install '.[gpu]') with a current NVIDIA driver, or set train.device to 'auto' or 'cpu'."
        )
    return "gpu:0" if has_gpu and device != "cpu" else "cpu:0"


def choose_dtype_policy(precision: Precision, device_name: str) -> str:
    """Keras dtype policy: bfloat16 computation keeps float32 weights and losses.

    ``auto`` takes bfloat16 on a GPU, and on a processor that has instructions for it.
    """
    if precision == "auto":
        precision = "bfloat16" if device_name.startswith("gpu") or _cpu_has_bfloat16() else "float32"
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"


def _cpu_has_bfloat16() -> bool:
    try:
        words = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:  # not Linux: nothing known, so the safe answer
        return False
    return not BFLOAT16_FLAGS.isdisjoint(words)
