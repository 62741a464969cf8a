"""Heavy libraries imported quietly, and memory given back; nothing here is imported with the package itself."""
