"""One HTML file in which a mesh can be turned: nothing is fetched, it opens without a network.

The page is trimesh's viewer, which carries three.js (MIT); buttons for texture, clay and wireframe are added here.
"""

import base64
from collections.abc import Mapping
from html import escape

import numpy as np
import trimesh
from trimesh.viewer.notebook import scene_to_html

from facedepth_pipeline.mesh.glb import METRES_PER_MM, face_scene
from facedepth_pipeline.mesh.mesh import LineSet, Mesh

CONTROLS = """
<style>
  #views { position: fixed; left: 50%; bottom: 1.2rem; transform: translateX(-50%); display: flex; gap: .4rem; }
  #views button { font: 15px system-ui, sans-serif; padding: .5rem 1rem; border: 1px solid #8888; border-radius: .5rem;
    background: #fffd; color: #222; cursor: pointer; }
  #views button[aria-pressed=true] { background: #234; color: #fff; }
  #about { position: fixed; left: 1rem; top: .8rem; font: 14px/1.5 system-ui, sans-serif; color: #333; margin: 0; }
</style>
<p id="about">$ABOUT<br>drag to turn, wheel to zoom</p>
<div id="views" role="toolbar" aria-label="View">
  <button data-view="photo" aria-pressed="true">Photo</button>
  <button data-view="clay" aria-pressed="false">Clay</button>
  <button data-view="wireframe" aria-pressed="false">Wireframe</button>
  <button data-view="reset">Reset</button>
</div>
<script>
  (function () {
    const buttons = document.querySelectorAll("#views button");
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
    const lattice = new THREE.BufferGeometry();
    lattice.setAttribute("position", new THREE.BufferAttribute(new Float32Array(bytes("$POINTS")), 3));
    lattice.setIndex(new THREE.BufferAttribute(new Uint32Array(bytes("$EDGES")), 1));
    const lines = new THREE.LineSegments(lattice, new THREE.LineBasicMaterial({ color: 0x1d4e6b }));
    let face, materials;
    function prepare() {
      scene.traverse(function (thing) { if (thing.isMesh) face = thing; });
      renderer.outputEncoding = THREE.sRGBEncoding;  // or the photo comes out dark
      const side = THREE.DoubleSide;
      materials = {
        photo: new THREE.MeshBasicMaterial({ map: face.material.map, side: side }),  // it holds its light already
        clay: new THREE.MeshStandardMaterial({ color: 0x8f8880, roughness: 1, side: side }),
        // behind the lines, so that those at the back of the head are not seen through it
        wireframe: new THREE.MeshBasicMaterial({
          color: 0xf4f6f8, side: side, polygonOffset: true, polygonOffsetFactor: 4, polygonOffsetUnits: 300 }),
      };
      tracklight.intensity = 0.9;
      const above = new THREE.DirectionalLight(0xffffff, 0.7);
      above.position.set(1, 2, 1);
      scene.add(above, lines);
      controls.target.copy(new THREE.Box3().setFromObject(face).getCenter(new THREE.Vector3()));
      camera.position.sub(controls.target).multiplyScalar(1.25).add(controls.target);  // room for words and buttons
      controls.position0.copy(camera.position);
      controls.target0.copy(controls.target);
    }
    function show(view) {
      if (!face) return;  // still loading
      document.body.dataset.view = view;
      face.material = materials[view];
      lines.visible = view === "wireframe";
      buttons.forEach(function (button) {
        if (button.dataset.view !== "reset") button.setAttribute("aria-pressed", button.dataset.view === view);
      });
      render();
    }
    buttons.forEach(function (button) {
      button.addEventListener("click", function () {
        if (button.dataset.view === "reset") { controls.reset(); render(); } else { show(button.dataset.view); }
      });
    });
    const waiting = setInterval(function () {
      if (typeof controls === "undefined" || !controls) return;
      clearInterval(waiting);
      prepare();
      show("photo");
    }, 50);
  })();
</script>
</body>"""


def encode_page(mesh: Mesh, lines: LineSet, texture_jpeg: bytes, provenance: Mapping[str, str]) -> bytes:
    """An HTML file in which the mesh can be turned, with the photo, in clay or as wireframe.

    Args:
        mesh: Mesh in millimetres, with texture coordinates.
        lines: Wireframe in millimetres.
        texture_jpeg: JPEG file of the texture.
        provenance: Names and values that go into the scene; ``scale`` is shown.
    """
    width, height, depth = np.ptp(mesh.vertices, axis=0)
    about = f"{width:.0f} x {height:.0f} x {depth:.0f} mm ({provenance['scale']})"
    return viewer_page(face_scene(mesh, texture_jpeg, provenance), lines, "A face in 3-D", about).encode("utf-8")


def viewer_page(scene: trimesh.Scene, lines: LineSet, title: str, about: str) -> str:
    """An HTML page that shows a mesh.

    Args:
        scene: Of :func:`~.glb.face_scene`, in metres.
        lines: The wireframe, in millimetres: every edge of the mesh would be too many to see.
        title: Of the page.
        about: A line above the mesh.
    """
    scene.set_camera()  # in front of the face; the page looks through it
    fields = {
        "$ABOUT": escape(about),
        "$POINTS": _base64(lines.points.astype("<f4") * np.float32(METRES_PER_MM)),
        "$EDGES": _base64(lines.edges.astype("<u4")),
    }
    controls = CONTROLS
    for name, value in fields.items():
        controls = controls.replace(name, value)
    page: str = scene_to_html(scene)
    return page.replace("trimesh: threejs viewer", escape(title)).replace("</body>", controls, 1)


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()
