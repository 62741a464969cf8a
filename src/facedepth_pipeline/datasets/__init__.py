"""Kedro datasets: the only modules, beside photo loading and mesh export, that open files."""
