"""What generators learn from and are measured on."""
