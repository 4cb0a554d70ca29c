"""Comments on a draft: threads at steps and at points of the canvas, beside the document, not in it."""
