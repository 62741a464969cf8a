"""Lights, shadows, and light inside the skin."""
