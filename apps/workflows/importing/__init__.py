"""Files of other tools as workflows: reading only, nothing of them is executed."""
