"""Predictors to compare the generator with."""
