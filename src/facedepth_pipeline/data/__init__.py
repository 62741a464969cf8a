"""The face database, the pairs made from it, and who is in which split."""
