"""Bytes of workspaces, sealed, by handle and hash: in a folder, or in an S3-compatible store."""
