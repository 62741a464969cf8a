"""The file format of the Texas 3D Face Recognition Database."""
