"""From a file somebody took to a photo in the frame of the database."""
