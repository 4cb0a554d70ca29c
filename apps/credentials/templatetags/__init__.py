"""What the templates of credentials say."""
