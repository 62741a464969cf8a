"""Turn a photo into a mesh: ``python examples/reconstruct_photo.py [PHOTO] [FACE.glb]``."""

import sys

import facedepth_pipeline

photo = sys.argv[1] if len(sys.argv) > 1 else "data/01_raw/photos/astronaut.png"
target = sys.argv[2] if len(sys.argv) > 2 else "face.glb"

generator = facedepth_pipeline.load_generator("starter")  # keeps its networks loaded, for many photos
face = generator.reconstruct(photo, pd_mm=63.5)  # your interpupillary distance; without it an average is assumed

print(face)
print(f"The nose tip is {face.depth_mm.max() - face.depth_mm[face.valid].min():.1f} mm in front of the rim.")
print("Saved", face.save(target))
