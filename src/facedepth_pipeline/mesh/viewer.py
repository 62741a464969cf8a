"""One HTML file in which a mesh can be turned: nothing is fetched, it opens without a network.

The page is trimesh's viewer, which carries three.js (MIT); buttons for texture, clay and wireframe are added here.
"""

from html import escape

import trimesh
from trimesh.viewer.notebook import scene_to_html

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
    const materials = new Map();
    function materialsOf(mesh) {
      if (!materials.has(mesh)) {
        const map = mesh.material.map;
        materials.set(mesh, {
          // the photo holds its light already
          photo: new THREE.MeshBasicMaterial({ map: map, side: THREE.DoubleSide }),
          clay: new THREE.MeshStandardMaterial({ color: 0xcfc8c0, roughness: 1, side: THREE.DoubleSide }),
          wireframe: new THREE.MeshBasicMaterial({ color: 0x234455, wireframe: true }),
        });
      }
      return materials.get(mesh);
    }
    function show(view) {
      scene.traverse(function (thing) { if (thing.isMesh) thing.material = materialsOf(thing)[view]; });
      buttons.forEach(function (button) {
        if (button.dataset.view !== "reset") button.setAttribute("aria-pressed", button.dataset.view === view);
      });
      document.body.dataset.view = view;
      render();
    }
    buttons.forEach(function (button) {
      button.addEventListener("click", function () {
        if (button.dataset.view === "reset") { controls.reset(); render(); } else { show(button.dataset.view); }
      });
    });
    const ready = setInterval(function () {
      if (typeof controls === "undefined" || !controls) return;
      clearInterval(ready);
      show("photo");
    }, 50);
  })();
</script>
</body>"""


def viewer_page(scene: trimesh.Scene, title: str, about: str) -> str:
    """An HTML page that shows a mesh.

    Args:
        scene: Of :func:`~.glb.face_scene`.
        title: Of the page.
        about: A line above the mesh.
    """
    scene.set_camera()  # in front of the face; the page looks through it
    controls = CONTROLS.replace("$ABOUT", escape(about))
    page: str = scene_to_html(scene)
    return page.replace("trimesh: threejs viewer", escape(title)).replace("</body>", controls, 1)
