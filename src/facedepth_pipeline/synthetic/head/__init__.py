"""The head as a surface: the CC0 model, its subdivision, creases and long hair."""
