"""Reviews: that a second person looks at a workflow before it is published."""
