"""The one place that imports Open3D.

Open3D's shared library needs ``libusb-1.0.so.0``, which slim Linux images lack; the wheel
``libusb-package`` carries it. Loading it first, with its symbols global, lets Open3D find it.
Import from here: ``from facedepth_pipeline.runtime.open3d_import import o3d``.
"""

import ctypes
import sys

if sys.platform == "linux":
    import libusb_package

    ctypes.CDLL(str(libusb_package.get_library_path()), mode=ctypes.RTLD_GLOBAL)

import open3d as o3d  # noqa: TID251  the one place

o3d.utility.set_verbosity_level(o3d.utility.VerbosityLevel.Error)

__all__ = ["o3d"]
