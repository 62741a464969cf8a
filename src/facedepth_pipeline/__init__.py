"""From one frontal photo of a face to a depth map in millimetres and a textured mesh.

>>> import facedepth_pipeline
>>> facedepth_pipeline.reconstruct("me.jpg").save("face.glb")
"""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facedepth_pipeline.public import Reconstruction as Reconstruction
    from facedepth_pipeline.public import load_generator as load_generator
    from facedepth_pipeline.public import reconstruct as reconstruct

# MLflow reads this when it is imported, which is always later than this line.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

__version__ = "0.2.0"
__all__ = ["Reconstruction", "__version__", "load_generator", "reconstruct"]


def __getattr__(name: str) -> Any:
    """The public face is imported when it is asked for: it brings Open3D, and at the first photo TensorFlow."""
    if name in __all__:
        from facedepth_pipeline import public

        return getattr(public, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
