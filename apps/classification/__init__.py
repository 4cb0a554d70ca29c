"""Classes of data: what is personal, of health or secret, and how it is kept out of what is written."""
