"""The life of a workspace in the hands of platform staff: console, API and what follows from them."""
