"""Batches to a bucket of an S3-compatible store: an object each, which a repeat writes again.

botocore signs the request and does nothing else; it goes out through the egress client like all others.
"""

from apps.oversight import formats
from apps.oversight.sending.batches import Batch
from apps.oversight.sending.configs import BucketConfig
from apps.oversight.sending.http import put


def send(config: BucketConfig, secret: str, batch: Batch) -> None:
    """Put a batch into the bucket. Raises NotDelivered, EgressError."""
    day = batch.entries[0]["at"][:10].replace("-", "/")
    url = f"{config.endpoint.rstrip('/')}/{config.bucket}/{config.folder}{day}/{batch.name}.jsonl"
    body = "".join(formats.as_json(entry) for entry in batch.entries).encode()
    put("PUT", url, _signed(config, secret, url, body), body)


def _signed(config: BucketConfig, secret: str, url: str, body: bytes) -> dict[str, str]:
    """Return the headers of the request with its signature (SigV4)."""
    from botocore.auth import S3SigV4Auth  # noqa: PLC0415 - only streams to buckets need it
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - the same
    from botocore.credentials import Credentials  # noqa: PLC0415 - the same

    request = AWSRequest("PUT", url, data=body, headers={"Content-Type": "application/x-ndjson"})
    signer = S3SigV4Auth(Credentials(config.access_key, secret), "s3", config.region)
    signer.add_auth(request)
    return dict(request.headers.items())
