"""A class of data of each workspace's own, and a run that withholds a value."""

from apps.accounts.models import Folder, User
from apps.classification.services import add_class
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.workflows import services as workflows
from tests.workflows.definitions import greeting


def make(owner: User, canary: str, folder: Folder) -> dict[str, str]:
    """Make them; return what addresses name."""
    slug = f"{canary}-files"
    add_class(actor=owner, slug=slug, changes={"name": f"{canary} files"})
    definition = greeting()
    definition["nodes"][0]["config"]["fields"][0]["data_class"] = slug
    made = workflows.create_workflow(
        actor=owner, name=f"{canary}-inner marked", definition=definition, folder=folder
    )
    workflows.publish_workflow(made, actor=owner)
    made = workflows.find_workflow(made.pk, actor=owner)
    run = start_run(made, actor=owner, inputs={"who": f"{canary}-inner patient"})
    advance(run.pk)
    run = Run.objects.get(pk=run.pk)
    spare = f"{canary}-idle"
    add_class(actor=owner, slug=spare, changes={"name": f"{canary} idle"})
    return {
        "withheld_run": str(run.pk),
        "withheld_value": str(run.inputs["who"]),
        "data_class": slug,
        "spare_class": spare,
    }
