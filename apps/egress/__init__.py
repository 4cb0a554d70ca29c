"""The one outbound HTTP client: every request the product makes for somebody passes its checks."""
