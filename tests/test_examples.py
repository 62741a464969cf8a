"""The examples do what they say: each is run as its reader would run it."""

import json
import shutil
import subprocess
import sys

import trimesh


def run(arguments: list[str], folder) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_script_makes_a_mesh_of_true_size(request, tmp_path):
    script = request.config.rootpath / "examples" / "reconstruct_photo.py"
    photo = request.config.rootpath / "data" / "01_raw" / "photos" / "astronaut.png"
    said = run([str(script), str(photo), "face.glb"], tmp_path)
    assert "measured: interpupillary distance 63.5 mm" in said
    assert 0.1 < trimesh.load_scene(tmp_path / "face.glb").extents[0] < 0.2


def test_every_cell_of_the_notebook_runs(request, tmp_path):
    """As plain Python: the suite needs no Jupyter."""
    notebook = json.loads((request.config.rootpath / "examples" / "a_face_from_a_photo.ipynb").read_text())
    shutil.copytree(request.config.rootpath / "data" / "01_raw" / "photos", tmp_path / "data" / "01_raw" / "photos")
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    script = tmp_path / "notebook.py"
    script.write_text("\n".join([*cells, "assert '<img' in face._repr_html_()", "print(face)"]))
    assert "assumed: interpupillary distance" in run([str(script)], tmp_path)
