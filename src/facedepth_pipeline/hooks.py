"""What happens around every `kedro run`: parameters are checked first, tracked, and summed up at the end."""

import copy
import logging
import os
from typing import Any

import click
import mlflow
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, DatasetError
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook
from mlflow.exceptions import MlflowException
from pydantic import ValidationError

from facedepth_pipeline.data.pairs import pairs_digest
from facedepth_pipeline.data.relightable import joined_digest
from facedepth_pipeline.jobs.record import JobFailed, JobRecord
from facedepth_pipeline.parameters import PARAMETER_GROUPS, BatchParameters, Parameters, TrainParameters, unknown_key
from facedepth_pipeline.pix2pix.training_state import checkpoint_name, is_first_worker
from facedepth_pipeline.summary import print_summary
from facedepth_pipeline.tracking.jobs import name_run
from facedepth_pipeline.tracking.runs import run_to_continue

logger = logging.getLogger(__name__)

JOB = "reconstruction_job"
DERIVED_GLOBALS = {"meshes_root", "model_uri"}  # the catalog derives them where nobody gives them


class ParameterGuard:
    """Refuses what Kedro would let pass: unknown names in ``--params``, and groups that this run does not read."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Check names against the configuration, and every typed group against its model."""
        loader = copy.copy(context.config_loader)
        loader.runtime_params = {}
        known = {*loader["parameters"], *loader["globals"], *DERIVED_GLOBALS}
        unknown = sorted(set(context.config_loader.runtime_params or {}) - known)
        if unknown:
            raise click.ClickException("--params has an " + "; ".join(unknown_key(key, known) for key in unknown))
        problems = []
        for group, model in PARAMETER_GROUPS.items():
            try:
                model.model_validate(context.params.get(group, {}))
            except ValidationError as error:
                problems.append(f"{group}: {error}")
        if problems:
            raise click.ClickException("Parameters refused, nothing has run:\n" + "\n".join(problems))


class TrackingHook(MlflowHook):
    """kedro-mlflow's hook; it logs each field of a typed parameter group as one MLflow parameter."""

    _goes_on = False  # whether this command opened the run of an earlier one again
    _unreachable: MlflowException | None = None
    _does_without = False  # whether MLflow may fail: a batch job is logged by a later one
    _logger = logging.getLogger("facedepth_pipeline.kedro_mlflow")  # kedro-mlflow sets the level of its own anew

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Set MLflow up; that it cannot be reached is not said before it is known what is to run."""
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "4")  # half a minute, where the default takes four
        try:
            super().after_context_created(context)
        except MlflowException as error:
            self._unreachable = error

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Start a run, or open the one again in which the training of this command was interrupted.

        Of several machines that train together the first alone has a run. A batch job does without one where MLflow
        cannot be reached; a later job logs it.
        """
        self._does_without = _is_a_job_alone(pipeline)
        if self._unreachable is not None:
            if not self._does_without:
                raise click.ClickException(
                    f"{_unreached(self._unreachable)} Nothing has run. Start the server, or name another tracking_uri."
                )
            self._go_on_without(self._unreachable)
            self._is_mlflow_enabled, self.run_id = False, None
            return
        if not is_first_worker(os.environ.get("TF_CONFIG")):
            names = run_params.get("pipeline_names") or [run_params.get("pipeline_name") or "__default__"]
            self.mlflow_config.tracking.disable_tracking.pipelines = names
            super().before_pipeline_run(run_params=run_params, pipeline=pipeline, catalog=catalog)
            return
        owner = _owner_of_unfinished_training(pipeline, catalog)
        if owner is not None:
            self.mlflow_config.tracking.run.id = run_to_continue(owner)
            self._goes_on = self.mlflow_config.tracking.run.id is not None
        elif JOB in pipeline.all_outputs():
            shared = self._run_of_several_jobs(catalog)
            self.mlflow_config.tracking.run.id = shared
            self._goes_on = shared is not None
        super().before_pipeline_run(run_params=run_params, pipeline=pipeline, catalog=catalog)

    def _run_of_several_jobs(self, catalog: CatalogProtocol) -> str | None:
        """The run of all jobs that give the same ``batch.mlflow_run``; None if this one gives no name."""
        name = BatchParameters.model_validate(catalog.load("params:batch")).mlflow_run
        if not name:
            return None
        experiment = self.mlflow_config.tracking.experiment._experiment.experiment_id
        self.mlflow_config.tracking.run.name = name
        run_id: str = catalog.load("reconstructions").shared_run(name, *name_run(experiment, name))
        return run_id

    @hook_impl
    def before_node_run(self, node: Node, catalog: CatalogProtocol, inputs: dict[str, Any], is_async: bool) -> None:
        """Hand typed groups on as plain dictionaries, which kedro-mlflow flattens."""
        plain = {name: value.in_effect() if isinstance(value, Parameters) else value for name, value in inputs.items()}
        super().before_node_run(node=node, catalog=catalog, inputs=plain, is_async=is_async)

    def _log_param(self, name: str, value: Any) -> None:
        """Log one parameter; of a run that goes on, MLflow keeps the first value, so another becomes a tag."""
        if self._unreachable is not None:
            return
        try:
            super()._log_param(name, value)
        except MlflowException as error:
            if self._goes_on and error.error_code == "INVALID_PARAMETER_VALUE":
                logger.warning("%s is %s now and was another when this MLflow run began: see its tags.", name, value)
                mlflow.set_tag(f"resumed.{name}", value)
            else:
                self._go_on_without(error)

    def _go_on_without(self, error: MlflowException) -> None:
        if not self._does_without:
            raise error
        self._unreachable = error
        logger.warning("%s The job goes on without it.", _unreached(error))

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """End the MLflow run."""
        try:
            super().after_pipeline_run(run_params=run_params, pipeline=pipeline, catalog=catalog)
        except MlflowException as error:
            self._go_on_without(error)

    @hook_impl
    def on_pipeline_error(
        self, error: Exception, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol
    ) -> None:
        """End the MLflow run as failed; without one, kedro-mlflow 2.0.3 would hide the error behind its own."""
        if mlflow.active_run():
            try:
                super().on_pipeline_error(error=error, run_params=run_params, pipeline=pipeline, catalog=catalog)
            except MlflowException as unreachable:
                logger.warning("%s Its run there counts as running.", _unreached(unreachable))


def _is_a_job_alone(pipeline: Pipeline) -> bool:
    """Whether a pipeline makes nothing but what ``reconstruct`` makes."""
    if JOB not in pipeline.all_outputs():
        return False
    from facedepth_pipeline.pipelines import reconstruct  # imported already: its job is to run

    outputs: set[str] = reconstruct.create_pipeline().all_outputs()
    return bool(pipeline.all_outputs() <= outputs)


def _owner_of_unfinished_training(pipeline: Pipeline, catalog: CatalogProtocol) -> str | None:
    """Who trains on the pairs that lie there, by these parameters, and has not come to the end; None if nobody.

    A pipeline that makes the pairs anew makes the same ones from the same data, so those of the last time will do.
    """
    needed = ("pairs_256", "subject_split")
    if "generator" not in pipeline.all_outputs() or not all(catalog.exists(name) for name in needed):
        return None
    pairs_256, subject_split = (catalog.load(name) for name in needed)
    finished = pairs_digest(pairs_256.of_subjects(subject_split.train + subject_split.validation))
    digest = joined_digest(finished, catalog.load("relightable_pairs"))
    parameters = TrainParameters.model_validate(catalog.load("params:train"))
    state = catalog.load("training_checkpoints").of(checkpoint_name(parameters, digest)).read()
    return None if state is None else state.owner


class RunSummary:
    """Ends a run that made metrics or meshes with a short table and where to look."""

    _job: JobRecord | None = None  # of this run

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Keep what a job says of itself."""
        if dataset_name == JOB:
            self._job = data

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Print the table for what this run has written."""
        made = pipeline.all_outputs()
        metrics = catalog.load("depth_metrics") if "depth_metrics" in made else None
        promotion = catalog.load("promotion") if "promotion" in made else None
        if metrics is not None or self._job is not None:
            print_summary(metrics, promotion, self._job, _places(made, catalog, run_params["env"]))

    @hook_impl(trylast=True)  # the MLflow run is to be ended as failed before
    def on_pipeline_error(
        self, error: Exception, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol
    ) -> None:
        """Print what a job did before it failed; why it failed is a sentence and not a traceback."""
        if self._job is not None:
            print_summary(None, None, self._job, _places(pipeline.all_outputs(), catalog, run_params["env"]))
        if isinstance(error, JobFailed) or _is_said_clearly(error):
            raise click.ClickException(str(error)) from error


def _unreached(error: MlflowException) -> str:
    cause = error.message.rpartition("Caused by ")[2].removesuffix(")")  # before it stand all the layers
    return f"MLflow at {mlflow.get_tracking_uri()} cannot be reached: {cause}."


def _is_said_clearly(error: Exception) -> bool:
    """Whether data was refused or not there, and not a mistake of the program that a traceback would help to find."""
    return isinstance(error, DatasetError) and isinstance(error.__cause__, OSError | ValueError | None)


def _places(made: set[str], catalog: CatalogProtocol, env: str | None) -> dict[str, str]:
    titles = {
        "evaluation_report": "Report",
        "reconstruction_sheet": "Contact sheet",
        "reconstruction_manifest": "Manifest",
    }
    places = {title: str(catalog[name]._filepath) for name, title in titles.items() if name in made}
    if JOB in made:
        places["Meshes"] = str(catalog["reconstructions"]._filepath)
    return places | {"MLflow": "kedro mlflow ui" + (f" --env={env}" if env else "")}
