"""What stands in deploy/ is valid and fits the project; deploy/airflow/try.sh runs the DAG for real."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from facedepth_pipeline.parameters import PARAMETER_GROUPS

PROJECT = Path(__file__).parents[1]
DEPLOY = PROJECT / "deploy"
JOB = yaml.safe_load((DEPLOY / "kubernetes" / "reconstruct-job.yaml").read_text())
CONTAINER = JOB["spec"]["template"]["spec"]["containers"][0]
DAG = (DEPLOY / "airflow" / "facedepth_reconstruct.py").read_text()
CRON = (DEPLOY / "cron" / "facedepth").read_text().splitlines()[-1]
SERVICE = (DEPLOY / "systemd" / "facedepth-reconstruct.service").read_text()


def test_the_kubernetes_job_is_valid():
    kubernetes_validate.validate(JOB, "1.33", strict=True)
    assert JOB["spec"]["completionMode"] == "Indexed"
    assert JOB["spec"]["parallelism"] <= JOB["spec"]["completions"]


def test_each_pod_has_a_shard_of_its_own():
    (params,) = re.findall(r"--params=(\S+)", " ".join(CONTAINER["args"]))
    assert f"batch.num_shards={JOB['spec']['completions']}" in params.split(",")
    assert {"SHARD", "JOB_NAME"} <= {variable["name"] for variable in CONTAINER["env"]}
    assert "batch.shard=$(SHARD)" in params.split(",")


def commands() -> dict[str, str]:
    (airflow,) = [
        ast.unparse(node.value)
        for node in ast.walk(ast.parse(DAG))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMMAND"
    ]
    (systemd,) = re.findall(r"^ExecStart=(.*)$", SERVICE, re.M)
    return {"kubernetes": "kedro " + " ".join(CONTAINER["args"]), "airflow": airflow, "systemd": systemd, "cron": CRON}


@pytest.mark.parametrize("name", commands())
def test_every_scheduler_runs_the_same_command_with_parameters_that_exist(name):
    command = commands()[name]
    assert "kedro run --env=prod --pipelines=reconstruct" in command
    for group, parameter in re.findall(r"(\w+)\.(\w+)=", command.partition("--params=")[2]):
        assert parameter in PARAMETER_GROUPS[group].model_fields


def test_what_production_reads_from_the_environment_is_in_the_templates():
    text = "".join(
        (PROJECT / "conf" / "prod" / name).read_text() for name in ("globals.yml", "parameters_reconstruct.yml")
    )
    required = set(re.findall(r"oc\.env:(\w+)\}", text))
    known = required | set(re.findall(r"oc\.env:(\w+),", text))
    template = (DEPLOY / "facedepth.env").read_text()
    assert required <= set(re.findall(r"^(\w+)=", template, re.M))
    assert set(re.findall(r"^#? ?((?:FACEDEPTH|MLFLOW)_\w+)=", template, re.M)) <= known
    assert required <= {variable["name"] for variable in CONTAINER["env"]}


def test_the_line_for_cron_is_a_line_for_cron():
    *times, user, command = CRON.split(maxsplit=6)
    assert times == ["0", "2", "*", "*", "*"]
    assert user == "facedepth"
    assert "%" not in command  # cron takes it for the end of the line
    subprocess.run(["sh", "-n", "-c", command], check=True)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_units():
    if not (PROJECT / ".venv" / "bin" / "kedro").exists():
        pytest.skip("the units name .venv/bin/kedro: make install")
    checked = subprocess.run([DEPLOY / "systemd" / "verify.sh"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert checked.stderr == ""
