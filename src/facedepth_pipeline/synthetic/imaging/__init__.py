"""Camera, background and range scanner."""
