"""What runs beside the tasks of a worker process."""
