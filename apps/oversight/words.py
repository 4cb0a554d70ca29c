"""What an entry of the trail tells, in words: `member.role_changed` is “Changed role of member”."""

KINDS = {"api_key": "API key", "campaign_series": "series of access reviews"}
# What the rule below would not say well.
SAID = {
    "member.added": "Added",
    "member.removed": "Removed",
    "member.suspended": "Suspended",
    "member.resumed": "Let in again",
    "member.kept": "Took over by a directory",
    "member.kept_otherwise": "Told by a directory otherwise of",
    "member.details_changed": "Changed name or address of",
    "group.people_changed": "Changed the people of group",
    "member.role_changed": "Changed the role of",
    "invitation.sent": "Invited",
    "invitation.sent_again": "Invited again",
    "mail.sent_again": "Sent again the mail",
    "retention.held": "Placed a legal hold on",
    "retention.released": "Released the legal hold on",
    "retention.changed": "Changed how long things are kept",
    "retention.started": "Started a",
    "retention.finished": "Finished the",
    "review.answered": "Answered the review of",
    "review.requested": "Asked for a review of",
    "review.withdrawn": "Withdrew the review of",
    "campaign.started": "Began access review",
    "campaign.opened": "Fixed the rights of access review",
    "campaign.decided": "Decided on the right",
    "campaign.kept_many": "Kept rights together in",
    "campaign.handed_on": "Handed on rights of",
    "campaign.signed": "Signed off access review",
    "campaign.cancelled": "Gave up access review",
    "campaign.carried_out": "Carried out the decision on",
    "campaign.settled": "Saw to the right",
    "campaign.closed": "Closed access review",
    "campaign.exported": "Took a copy of access review",
    "evidence.asked": "Asked for the evidence pack",
    "evidence.written": "Wrote the evidence pack",
    "evidence.cancelled": "Gave up the evidence pack",
    "evidence.downloaded": "Fetched the evidence pack",
    "evidence.deleted": "Deleted the evidence pack",
    "run.ended_by_staff": "Staff ended run",
    "run.killed_by_staff": "Staff killed run",
    "run.signalled": "Sent a signal to run",
    "run.settled": "Said how it goes on with run",
    "run_view.changed": "Changed view of runs",
    "run_view.handed_over": "Handed over view of runs",
    "run_view.removed": "Deleted view of runs",
    "run_view.saved": "Saved view of runs",
    "workflow.moved_to_bin": "Moved to the bin",
    "audit.viewed": "Looked at the values of entry",
    "audit.verifying": "Asked to verify the trail:",
    "audit.verified": "Verified the trail:",
    "audit.exporting": "Asked for an export:",
    "audit.exported": "Exported the trail:",
    "audit.stream_tested": "Sent a test entry",
    "stream.tested": "Tested stream",
    "audit.downloaded": "Downloaded the export",
    "archive.started": "Asked for an archive:",
    "archive.finished": "Wrote the archive",
    "archive.failed": "Could not write the archive",
    "archive.cancelled": "Cancelled the archive",
    "archive.deleted": "Deleted the archive",
    "archive.downloaded": "Downloaded the archive",
    "archive.import_begun": "Began to send the archive",
    "archive.import_started": "Started to take in the archive",
    "archive.imported": "Took in the archive",
    "archive.import_failed": "Could not take in the archive",
    "archive.import_cancelled": "Gave up taking in the archive",
}


def told(action: str) -> str:
    """Return what was done, so that the name of the object can follow."""
    if action in SAID:
        return SAID[action]
    kind, _, verb = action.partition(".")
    noun = KINDS.get(kind, kind.replace("_", " "))
    *what, done = verb.split("_")
    if not what:
        return f"{done.capitalize()} {noun}"
    if not done.endswith(("ed", "set", "sent")):  # signed_in, key_put_back
        return f"{noun[:1].upper()}{noun[1:]}: {verb.replace('_', ' ')}"
    return f"{done.capitalize()} {' '.join(what)} of {noun}"
