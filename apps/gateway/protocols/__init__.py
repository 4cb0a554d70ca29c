"""Protocols beside chat completions: what is asked in them, and what is told in them.

Upstreams that speak one are asked in it and passed on as they are; for all others a call becomes a
chat, and the chat's answer is told in the asker's protocol.
"""
