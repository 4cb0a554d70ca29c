"""A call of a webhook as a command that people can copy."""

from apps.triggers.configs import Auth, AuthConfig, WebhookConfig

BODY = '{"order": 7}'
DIGEST = '$(printf \'%s\' "{signed}" | openssl dgst -{algorithm} -hmac "$SECRET"{binary} | {tail})'


def curl(config: WebhookConfig, url: str) -> str:
    """Return a command that calls the webhook; the secret stands for itself as $SECRET."""
    method = "POST" if "POST" in config.methods else config.methods[0]
    lines = [f"curl -X {method} '{url}'"]
    if config.answer == "stream":
        lines[0] += " --no-buffer"
    lines += [f"-H '{name}'" for name in _fixed(config, method)]
    lines += [f'-H "{name}"' for name in _proof(config.auth)]
    if method != "GET":
        lines.append('-d "$BODY"')
    return "\n".join([*_before(config.auth, method), " \\\n  ".join(lines)])


def _fixed(config: WebhookConfig, method: str) -> list[str]:
    kept = [f"{config.dedupe_header}: event-1"] if config.dedupe_header else []
    return ["Content-Type: application/json", *kept] if method != "GET" else kept


def _before(auth: AuthConfig, method: str) -> list[str]:
    lines = [f"BODY='{BODY if method != 'GET' else ''}'"]
    if auth.needs_secret and auth.kind is not Auth.JWT:
        lines.append("SECRET='...'")
    if auth.timestamp_header:
        lines.append("NOW=$(date +%s)")
    return lines if method != "GET" or auth.needs_secret else []


def _proof(auth: AuthConfig) -> list[str]:
    match auth.kind:
        case Auth.HEADER:
            return [f"{auth.header}: {auth.prefix}$SECRET"]
        case Auth.JWT:
            return [f"{auth.header}: Bearer $TOKEN"]
        case Auth.HMAC:
            return _signature(auth)
    return []


def _signature(auth: AuthConfig) -> list[str]:
    hex_ = auth.encoding == "hex"
    signed = auth.payload.replace("{timestamp}", "$NOW").replace("{id}", "event-1")
    signed = signed.replace("{body}", "$BODY")
    digest = (
        DIGEST.replace("{signed}", signed)
        .replace("{algorithm}", str(auth.algorithm))
        .replace("{binary}", "" if hex_ else " -binary")
        .replace("{tail}", "sed 's/^.* //'" if hex_ else "base64 -w 0")
    )
    stamp = [f"{auth.timestamp_header}: $NOW"] if auth.timestamp_header else []
    return [*stamp, f"{auth.header}: {auth.prefix}{digest}"]
