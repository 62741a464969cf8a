"""Kedro settings: hooks and how configuration is merged."""

from omegaconf.resolvers import oc

from facedepth_pipeline.hooks import ParameterGuard, RunSummary, TrackingHook

HOOKS = (ParameterGuard(), TrackingHook(), RunSummary())

# TrackingHook is kedro-mlflow's own hook with typed parameters logged key by key; both would log twice.
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-mlflow",)

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {"parameters": "soft", "globals": "soft"},
    "custom_resolvers": {"oc.env": oc.env},
}
