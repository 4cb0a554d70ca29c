"""Names of cookies."""


def cookie_name(name: str, *, secure: bool) -> str:
    """Return the cookie's name; over https browsers then pin it to one host and to Secure."""
    return f"__Host-aut_{name}" if secure else f"aut_{name}"
