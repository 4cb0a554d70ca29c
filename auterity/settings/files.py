"""Where large payloads and files are kept: a folder of the data folder, or an S3-compatible store."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from auterity.env import env_secret, env_str
from auterity.settings.services import DATA_DIR

MEDIA_ROOT = DATA_DIR / "files"
S3_BUCKET = env_str(
    "AUTERITY_S3_BUCKET",
    help="Bucket of an S3-compatible store for large payloads; without one they are files in the data folder.",
)
S3_ENDPOINT = env_str(
    "AUTERITY_S3_ENDPOINT",
    help="Address of the S3-compatible store, such as https://s3.eu-central-1.amazonaws.com.",
)
S3_REGION = env_str("AUTERITY_S3_REGION", "us-east-1", help="Region of the bucket.")
S3_ACCESS_KEY = env_secret("AUTERITY_S3_ACCESS_KEY", help="Access key of the bucket.")
S3_SECRET_KEY = env_secret("AUTERITY_S3_SECRET_KEY", help="Secret key of the bucket.")

if S3_BUCKET:
    if urlsplit(S3_ENDPOINT).scheme not in {"http", "https"}:
        raise ImproperlyConfigured(
            "AUTERITY_S3_BUCKET is set: AUTERITY_S3_ENDPOINT must be the http(s) address of its store."
        )
    if not S3_ACCESS_KEY or not S3_SECRET_KEY:
        raise ImproperlyConfigured(
            "AUTERITY_S3_BUCKET is set: set AUTERITY_S3_ACCESS_KEY and AUTERITY_S3_SECRET_KEY too, "
            "or the same names ended by _FILE."
        )
