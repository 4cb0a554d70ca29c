"""A workspace as an archive: written to be taken away, and read into an empty workspace."""
