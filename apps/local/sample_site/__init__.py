"""The sample web pages that `make run` serves, for workflows that read a page."""
