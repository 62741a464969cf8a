"""The one way from a photo to a face: read, prepare, predict, build, and the files and records of the result."""
