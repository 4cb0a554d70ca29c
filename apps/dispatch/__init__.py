"""Which run may go on now: tickets, leases, timers, admission and the sweeper. No content."""
