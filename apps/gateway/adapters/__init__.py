"""One module for each way of asking a model; only the router picks among them."""
