"""SAML 2.0, as a company's sign-in: our gate, python3-saml behind it, and what both sides publish."""
