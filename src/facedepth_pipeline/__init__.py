"""From one frontal photo of a face to a depth map in millimetres and a textured mesh."""

import os

# MLflow reads this when it is imported, which is always later than this line.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

__version__ = "0.1.0"
