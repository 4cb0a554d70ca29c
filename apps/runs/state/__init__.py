"""Where a run is: its graph, its names and values, the history of its events."""
