"""What generators learn from and are measured on: the face database, pairs and layers, and who is in which split."""
