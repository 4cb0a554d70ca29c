"""What calls cost, as rows: made when a call is over, carried to the database by a file, learnt from."""
