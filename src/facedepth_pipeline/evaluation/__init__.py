"""Error figures, their uncertainty, and the pictures and the report that show them."""
