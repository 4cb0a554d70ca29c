"""What people see of the audit trail: search, verification, copies of it, and where it is sent to."""
