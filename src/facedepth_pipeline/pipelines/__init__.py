"""One folder a pipeline: wiring in ``pipeline.py``, thin nodes in ``nodes.py``."""
