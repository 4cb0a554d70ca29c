"""Identity providers of companies: how their people sign in here."""
