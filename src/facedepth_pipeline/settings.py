"""Kedro settings: hooks and how configuration is merged."""

from omegaconf.resolvers import oc

from facedepth_pipeline.hooks import ParameterGuard, RunSummary, TrackingHook

HOOKS = (ParameterGuard(), TrackingHook(), RunSummary())

# TrackingHook is kedro-mlflow's own hook with typed parameters logged key by key; both would log twice.
# Kedro compares the name as the wheel spells it, which is with an underscore.
DISABLE_HOOKS_FOR_PLUGINS = ("kedro_mlflow",)

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {"parameters": "soft", "globals": "soft"},
    "custom_resolvers": {"oc.env": oc.env},
}
