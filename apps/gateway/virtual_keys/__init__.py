"""Keys for programs that ask models: their terms, what they took, and their pages."""
