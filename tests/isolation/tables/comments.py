"""Requests about comments."""

from tests.isolation.probe import api

SAID = {"text": "Why?"}
COMMENTS = [
    api("workflow-comment-threads", pk="workflow"),
    api("workflow-comment-threads", query="q=canary&state=open", note="filtered", pk="workflow"),
    api(
        "workflow-comment-threads",
        "POST",
        pk="workflow",
        body={"node": "greet", **SAID},
        shows=False,
    ),
    api("workflow-comments-read", "POST", pk="workflow", shows=False),
    api("workflow-mentionable", query="q=owner", pk="workflow"),
    api("comment-thread-detail", pk="thread"),
    api("comment-thread-resolve", "POST", pk="thread"),
    api("comment-thread-reopen", "POST", pk="thread"),
    api("comment-thread-read", "POST", pk="thread"),
    api("thread-comments", pk="thread"),
    api("thread-comments", "POST", pk="thread", body=SAID, shows=False),
    api("thread-comment", "PATCH", pk="thread", comment_id="comment", body=SAID, shows=False),
    api("thread-comment", "DELETE", pk="thread", comment_id="comment", shows=False),
]
