"""From a depth map and its photo to point cloud, wireframe and mesh, and to files of them."""
