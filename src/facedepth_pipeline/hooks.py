"""What happens around every `kedro run`: parameters are checked first, tracked, and summed up at the end."""

import copy
from typing import Any

import click
import mlflow
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook
from pydantic import ValidationError

from facedepth_pipeline.parameters import PARAMETER_GROUPS, Parameters, unknown_key
from facedepth_pipeline.summary import print_summary


class ParameterGuard:
    """Refuses what Kedro would let pass: unknown names in ``--params``, and groups that this run does not read."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Check names against the configuration, and every typed group against its model."""
        loader = copy.copy(context.config_loader)
        loader.runtime_params = {}
        known = {*loader["parameters"], *loader["globals"]}
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

    @hook_impl
    def before_node_run(self, node: Node, catalog: CatalogProtocol, inputs: dict[str, Any], is_async: bool) -> None:
        """Hand typed groups on as plain dictionaries, which kedro-mlflow flattens."""
        plain = {name: value.in_effect() if isinstance(value, Parameters) else value for name, value in inputs.items()}
        super().before_node_run(node=node, catalog=catalog, inputs=plain, is_async=is_async)

    @hook_impl
    def on_pipeline_error(
        self, error: Exception, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol
    ) -> None:
        """End the MLflow run as failed; without one, kedro-mlflow 2.0.3 would hide the error behind its own."""
        if mlflow.active_run():
            super().on_pipeline_error(error=error, run_params=run_params, pipeline=pipeline, catalog=catalog)


class RunSummary:
    """Ends a run that made metrics or meshes with a short table and where to look."""

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Print the table for what this run has written."""
        made = pipeline.all_outputs()
        metrics = catalog.load("depth_metrics") if "depth_metrics" in made else None
        manifest = catalog.load("reconstruction_manifest") if "reconstruction_manifest" in made else None
        if metrics is not None or manifest is not None:
            places = {
                title: str(catalog[name]._filepath)
                for name, title in (
                    ("evaluation_report", "Report"),
                    ("reconstruction_sheet", "Contact sheet"),
                    ("reconstructions", "Meshes"),
                )
                if name in made
            }
            places["MLflow"] = "kedro mlflow ui" + (f" --env={run_params['env']}" if run_params["env"] else "")
            print_summary(metrics, manifest, places)
