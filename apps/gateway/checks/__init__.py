"""What an answer can be checked by, chosen from what its call is: no model is needed, and nothing is guessed."""
