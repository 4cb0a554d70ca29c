"""What a route lets through: what is looked for in prompts and answers, and what becomes of it."""
