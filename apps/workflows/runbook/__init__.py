"""The runbook of a workflow: rich text that people write together, in the document of the draft.

It is no part of the definition: what runs is the same whatever is written here.
"""
