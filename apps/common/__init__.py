"""What every app stands on: abstract models, errors, events and paging; it knows no domain word."""
