"""Pictures of the studio in each of its states, taken from the real product for docs/screenshots."""
