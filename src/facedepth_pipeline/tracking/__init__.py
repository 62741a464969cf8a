"""MLflow: what is logged while training, registering a generator, promoting it, loading it again."""
