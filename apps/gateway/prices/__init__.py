"""What models cost and when they disappear: the delivered list, and what a workspace says itself."""
