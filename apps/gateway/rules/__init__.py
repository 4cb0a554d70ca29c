"""What the built-in provider does with text: rules and templates, no model, the same every time."""
