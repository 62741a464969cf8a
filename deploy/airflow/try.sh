#!/bin/sh
# Runs the DAG once for real, in an Airflow of its own: three shards over a dozen photos. Two to four minutes.
# Needs `make install` before. Leaves .venv-airflow behind for the next time, and nothing else.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

airflow=$project/.venv-airflow/bin
if [ ! -x "$airflow/airflow" ]; then
    "$project/.venv/bin/uv" venv --quiet "$project/.venv-airflow"
    "$project/.venv/bin/uv" pip install --quiet --python "$airflow/python" -r "$here/requirements.txt"
fi

mkdir "$place/photos"
for number in 1 2 3 4 5 6 7 8 9 10 11 12; do
    cp "$project/data/01_raw/photos/astronaut.png" "$place/photos/$number.png"
    printf '%s' "$number" >> "$place/photos/$number.png"  # the same face in different files
done

export AIRFLOW_HOME="$place/airflow" AIRFLOW__CORE__DAGS_FOLDER="$here" AIRFLOW__CORE__LOAD_EXAMPLES=false
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=false
export FACEDEPTH_PROJECT="$project" FACEDEPTH_DATA_ROOT="$place/data" FACEDEPTH_PHOTOS_ROOT="$place/photos"
export FACEDEPTH_MESHES_ROOT="$place/meshes" FACEDEPTH_MODEL_URI=starter MLFLOW_TRACKING_URI="sqlite:///$place/mlflow.db"
PATH="$airflow:$PATH"
airflow db migrate > "$place/migrate.log" 2>&1 || { cat "$place/migrate.log"; exit 1; }
airflow dags test facedepth_reconstruct

meshes=$(find "$place/meshes" -name mesh.glb | wc -l)
[ "$meshes" -eq 12 ] || { echo "12 meshes were expected; there are $meshes."; exit 1; }
echo "Three shards have made 12 meshes."
