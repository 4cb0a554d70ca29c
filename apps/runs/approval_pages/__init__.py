"""Pages of approvals: the inbox, one question, and the link of a mail."""
