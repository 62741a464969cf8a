"""One folder per pipeline: wiring in ``pipeline.py``, thin nodes in ``nodes.py``.

A node has the name of its function. Three outputs are made while they are saved, so Kedro counts their time there:
the stand-in is rendered, the pairs are resampled and predicted, and the manifest of results is compacted.
"""
