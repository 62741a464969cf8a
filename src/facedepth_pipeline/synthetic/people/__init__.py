"""Who is in the stand-in, and in which takes."""
