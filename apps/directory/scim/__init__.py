"""SCIM 2.0 (RFC 7643, RFC 7644): what a directory says to us, and what it is answered."""
