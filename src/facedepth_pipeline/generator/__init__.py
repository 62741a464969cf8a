"""A trained generator: what it says about itself, how it predicts, how it travels, and the one that ships."""
