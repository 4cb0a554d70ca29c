"""Who may see, use and manage credentials. Nobody sees what is sealed in them."""

from apps.accounts.policies import Policy, register
from apps.credentials.models import StoredCredential


@register(StoredCredential)
class StoredCredentialPolicy(Policy):
    """Rights are held on the workspace, or on the folder that the credential lies in."""

    resource = "credential"
    folder = "folder"
