"""What people decide about guards, and the pages on which they do."""
