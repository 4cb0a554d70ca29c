"""Models that the platform lends: providers of its own, whom they are granted to, and how much of them."""
