"""What happens around every `kedro run`: parameters are checked first, tracked, and summed up at the end."""

import copy
import difflib
from typing import Any

import mlflow
from kedro.framework.cli.utils import KedroCliError
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook
from pydantic import BaseModel, ValidationError

from facedepth_pipeline.parameters import PARAMETER_GROUPS
from facedepth_pipeline.summary import print_summary


class ParameterGuard:
    """Refuses unknown parameter names and values out of range before any node runs."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Check names against the configuration, and every typed group against its model."""
        loader = copy.copy(context.config_loader)
        loader.runtime_params = {}
        known = sorted({*loader["parameters"], *loader["globals"]})
        for name in context.config_loader.runtime_params or {}:
            if name not in known:
                raise KedroCliError(f"Unknown parameter {name!r} in --params.{_suggest(name, known)}")
        problems = [
            _describe(group, error, model)
            for group, model in PARAMETER_GROUPS.items()
            for error in _validation_errors(model, context.params.get(group, {}))
        ]
        if problems:
            raise KedroCliError("Parameters refused, nothing has run:\n  " + "\n  ".join(problems))


def _suggest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    return f"{guess} Allowed: {', '.join(known)}."


def _validation_errors(model: type[BaseModel], values: Any) -> list[Any]:
    try:
        model.model_validate(values)
    except ValidationError as error:
        return list(error.errors())
    return []


def _describe(group: str, error: Any, model: type[BaseModel]) -> str:
    key = ".".join(str(part) for part in (group, *error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key.{_suggest(str(error['loc'][-1]), sorted(model.model_fields))}"
    return f"{key}: received {error['input']!r}; {error['msg'][:1].lower()}{error['msg'][1:]}."


class TrackingHook(MlflowHook):
    """kedro-mlflow's hook; it logs each field of a typed parameter group as one MLflow parameter."""

    @hook_impl
    def before_node_run(self, node: Node, catalog: CatalogProtocol, inputs: dict[str, Any], is_async: bool) -> None:
        """Hand typed groups on as plain dictionaries, which kedro-mlflow flattens."""
        plain = {
            name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value
            for name, value in inputs.items()
        }
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
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Print the table for what this run has written."""
        made = pipeline.all_outputs()
        metrics = catalog.load("depth_metrics") if "depth_metrics" in made else None
        manifest = catalog.load("reconstruction_manifest") if "reconstruction_manifest" in made else None
        if metrics is not None or manifest is not None:
            places = {
                title: str(catalog[name]._filepath)
                for name, title in (
                    ("evaluation_report", "report"),
                    ("reconstruction_sheet", "contact sheet"),
                    ("reconstructions", "meshes"),
                )
                if name in made
            }
            print_summary(metrics, manifest, places)
