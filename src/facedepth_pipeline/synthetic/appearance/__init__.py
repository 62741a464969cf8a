"""Colours of skin, hair and eyes."""
