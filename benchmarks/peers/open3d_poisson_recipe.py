"""Time the usual depth-image-to-mesh script: points, k-NN normals, tangent-plane orientation, Poisson at depth 9."""

import argparse
import json
import time

import numpy as np
from PIL import Image

try:  # open3d needs libusb-1.0; the libusb-package wheel carries it where the system does not
    import ctypes

    import libusb_package

    ctypes.CDLL(str(libusb_package.get_library_path()), mode=ctypes.RTLD_GLOBAL)
except ImportError:
    pass
import open3d as o3d


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth-image", required=True, help="single-channel PNG, 0 = background, near is bright")
    parser.add_argument("--pitch", type=float, nargs=2, required=True, help="millimetres per pixel in x and y")
    parser.add_argument("--scale", type=float, required=True, help="millimetres of depth per grey level")
    parser.add_argument("--poisson-depth", type=int, default=9)
    parser.add_argument("--out")
    a = parser.parse_args()
    grey = np.asarray(Image.open(a.depth_image)).astype(np.float64)
    rows, cols = np.nonzero(grey)
    points = np.stack([cols * a.pitch[0], -rows * a.pitch[1], grey[rows, cols] * a.scale], axis=1)
    start = time.perf_counter()
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points))
    cloud.estimate_normals(o3d.geometry.KDTreeSearchParamKNN(30))
    cloud.orient_normals_consistent_tangent_plane(30)
    mesh, density = o3d.geometry.TriangleMesh.create_from_point_cloud_poisson(cloud, depth=a.poisson_depth)
    density = np.asarray(density)
    mesh.remove_vertices_by_mask(density < np.quantile(density, 0.05))
    seconds = time.perf_counter() - start
    if a.out:
        o3d.io.write_triangle_mesh(a.out, mesh)
    print(
        json.dumps(
            {"peer": "open3d-recipe", "points": len(points), "triangles": len(mesh.triangles), "seconds": seconds}
        )
    )


if __name__ == "__main__":
    main()
