"""What templates ask about the sign-in."""
