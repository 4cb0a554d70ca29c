"""What programs see of the gateway: OpenAI's protocol over HTTP, without policy of its own."""
