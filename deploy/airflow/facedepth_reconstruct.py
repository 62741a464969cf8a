"""Every night: photos that arrived are reconstructed by a few jobs side by side, each with a shard of them.

Airflow has an environment of its own and calls this project's command; all that a task needs to know is where the
project is. A task that is killed, or whose machine is lost, is tried again and goes on where it was.
"""

import os
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import Param, dag, task

PROJECT = os.environ.get("FACEDEPTH_PROJECT", "/opt/facedepth_pipeline")

# One MLflow run for all shards of a night. Names of runs are words: no colons, no plus sign.
NIGHT = "{{ run_id | replace(':', '-') | replace('+', '-') }}"
COMMAND = (
    f"cd {PROJECT} && .venv/bin/kedro run --env=prod --pipelines=reconstruct "
    f"--params=batch.shard=$SHARD,batch.num_shards=$NUM_SHARDS,batch.mlflow_run={NIGHT}"
)


@dag(
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,  # whatever arrived since is there for the next night
    max_active_runs=1,
    params={"num_shards": Param(3, type="integer", minimum=1, maximum=1000)},
    tags=["facedepth"],
    doc_md=__doc__,
)
def facedepth_reconstruct() -> None:
    """Shards of the photos, side by side."""

    @task
    def shards(params: dict[str, int] | None = None) -> list[dict[str, str]]:
        count = (params or {})["num_shards"]
        return [{"SHARD": str(shard), "NUM_SHARDS": str(count)} for shard in range(count)]

    BashOperator.partial(
        task_id="reconstruct",
        bash_command=COMMAND,
        append_env=True,
        retries=2,
        retry_delay=timedelta(minutes=4),  # longer than the lock of a machine that was lost
    ).expand(env=shards())


facedepth_reconstruct()
