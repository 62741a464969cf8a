"""Files that are whole or not there, on a disk or in a bucket, and one writer at a time."""
