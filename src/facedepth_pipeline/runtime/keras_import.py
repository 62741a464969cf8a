"""Import Keras and its backend without the lines that TensorFlow's C++ code prints while it loads.

They tell nothing a user can act on ("oneDNN custom operations are on", "could not find cuda
drivers") and come before any log level is read, so standard error is turned aside during the import
itself; a failing import still raises. Modules of this package import Keras from here, so the first import of a process
is quiet whichever module comes first.
"""

import os

from facedepth_pipeline.runtime.native_output import native_stderr_aside

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

with native_stderr_aside():
    import keras
    from keras import layers, ops

    if "TF_CONFIG" not in os.environ:  # a worker must join the others before its first tensor
        ops.zeros(1)  # the backend loads its devices at the first tensor

__all__ = ["keras", "layers", "ops"]
