"""Images of a runbook: taken in by what they are, not by what they are called, and given out safely.

An image stays as long as its workflow: whoever undoes a deletion finds it again.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import NotFound
from apps.files import services as files
from apps.files.models import Blob
from apps.workflows import drafts, pictures
from apps.workflows.exceptions import ImageTooLarge, InBin, TooManyImages
from apps.workflows.models import Image, Workflow

MAX_IMAGE, MAX_IMAGES = 5 << 20, 200


def add_image(workflow: Workflow, data: bytes, *, actor: User) -> Image:
    """Keep a picture for a workflow's runbook, without what it tells of where and how it was made.

    Raises Forbidden, NoImage, ImageTooLarge, TooManyImages, InBin, StorageAway.
    """
    policies.check(actor, "edit", workflow)
    if len(data) > MAX_IMAGE:
        raise ImageTooLarge
    media_type, data = pictures.cleaned(data)
    _check_room(workflow)
    blob = files.store(data, kind=Blob.Kind.IMAGE)
    with transaction.atomic():
        _check_room(drafts.locked(workflow.pk))
        image = Image.objects.create(
            workflow=workflow, blob=blob, media_type=media_type, added_by=actor
        )
        after = {"image": str(image.pk), "size": blob.size, "media_type": media_type}
        record("workflow.image_added", actor=actor, target=workflow, after=after)
    return image


def find_image(workflow: Workflow, image_id: UUID) -> Image:
    """Return an image of a workflow that the caller may see. Raises NotFound."""
    image = workflow.images.select_related("blob").filter(pk=image_id).first()
    if image is None:
        raise NotFound
    return image


def copy_images(image_ids: Iterable[str], source: Workflow, target: Workflow) -> dict[str, str]:
    """Let another workflow have images too; return the new ids by the old. The bytes are shared."""
    copied = {}
    for image in source.images.filter(pk__in=set(image_ids)):
        twin = Image.objects.create(
            workflow=target, blob=image.blob, media_type=image.media_type, added_by=image.added_by
        )
        copied[str(image.pk)] = str(twin.pk)
    return copied


def _check_room(workflow: Workflow) -> None:
    if workflow.deleted_at is not None:
        raise InBin
    if workflow.images.count() >= MAX_IMAGES:
        raise TooManyImages
