"""fakeai: a model provider of ours, a real HTTP server on loopback with scripted behaviour.

It speaks OpenAI's endpoints, ranks of documents, Anthropic's Messages, and enough of Gemini's dialect
for a translated provider. The name of the asked model says how it behaves, up to a colon; what
follows makes it another model, with a breaker of its own:

`ok` (or any other name), `tool`, `tools`, `tool-once` (until it has a result), `tools-at-once` (two
calls of one index), `bad-arguments`, `reason`, `refuses`, `short` (cut by its limit), `no-usage`,
`no-done`, `usage-inside`, `long-<n>` (so many words), `slow-<ms>` (before the first word), `echo` (the
last message), `scripted` (as the test says), `whole` (no stream, though
asked), `near` (vectors of which all are alike), `floats` (numbers, though base64 was asked),
`error-<status>`, `too-long`, `no-quota`, `garbage`, `html`, `silent`, `mute` (not even a head), `stalls`, `cut`, `broken`,
`early` (an error before the first word) and the models of `LIES`, which lie about usage.
`python -m tests.fakeai` serves alone, for measurements.
"""
