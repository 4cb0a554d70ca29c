"""What calls cost, by whom and what, and what choosing among targets saved."""
