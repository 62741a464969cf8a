"""What differs between the backends of Keras: the training step, and how batches reach it."""
