"""Timings of the project, one JSON object a line: ``make bench``, ``make bench ONLY=predict_s_per_image``."""
