"""Access reviews: whether people and programs still need what they hold, asked of those who know."""
