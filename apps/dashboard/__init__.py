"""Home and the frame around every page; it stands above all apps and owns no table."""
