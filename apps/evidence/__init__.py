"""Evidence packs: what an auditor asks of a period, in one signed file that can be checked elsewhere."""
