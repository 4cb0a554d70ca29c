"""What every workspace starts with: the built-in provider, three routes to it, and known prices."""

from decimal import Decimal

from django.db import migrations

ROUTES = {
    "default": "What steps use unless they say otherwise",
    "fast": "Short and frequent calls: classify, extract",
    "large": "Long texts and hard questions",
}
OPENAI, ANTHROPIC = "api.openai.com", "api.anthropic.com"
GOOGLE, DEEPSEEK = "generativelanguage.googleapis.com", "api.deepseek.com"
SOURCE = "litellm 1.106.2"
# Dollars for a million tokens in and out; a trailing date in the model's name is the same model.
PRICES = [
    (OPENAI, "gpt-5", "1.25", "10"),
    (OPENAI, "gpt-5-mini", "0.25", "2"),
    (OPENAI, "gpt-5-nano", "0.05", "0.40"),
    (OPENAI, "gpt-4.1", "2", "8"),
    (OPENAI, "gpt-4.1-mini", "0.40", "1.60"),
    (OPENAI, "gpt-4o", "2.50", "10"),
    (OPENAI, "gpt-4o-mini", "0.15", "0.60"),
    (ANTHROPIC, "claude-opus-4-5", "5", "25"),
    (ANTHROPIC, "claude-sonnet-4-5", "3", "15"),
    (ANTHROPIC, "claude-haiku-4-5", "1", "5"),
    (GOOGLE, "gemini-2.5-pro", "1.25", "10"),
    (GOOGLE, "gemini-2.5-flash", "0.30", "2.50"),
    (DEEPSEEK, "deepseek-chat", "0.28", "0.42"),
]
DATED = {OPENAI: "-20??-??-??", ANTHROPIC: "-20??????"}


def add_what_every_workspace_has(apps, schema_editor):
    provider_model = apps.get_model("gateway", "Provider")
    route_model = apps.get_model("gateway", "ModelRoute")
    target_model = apps.get_model("gateway", "RouteTarget")
    price_model = apps.get_model("gateway", "ModelPrice")
    builtin, _ = provider_model.objects.get_or_create(
        slug="built-in",
        defaults={"name": "Built-in, no AI model", "kind": "builtin", "needs_key": False},
    )
    for alias, description in ROUTES.items():
        route, made = route_model.objects.get_or_create(
            alias=alias, defaults={"description": description}
        )
        if made:
            target_model.objects.create(route=route, provider=builtin, model="rules", position=0)
    for provider, model, given, taken in PRICES:
        for name in {model, model + DATED.get(provider, "")}:
            price_model.objects.get_or_create(
                provider=provider,
                model=name,
                defaults={
                    "input_usd": Decimal(given), "output_usd": Decimal(taken), "source": SOURCE,
                },
            )


class Migration(migrations.Migration):
    dependencies = [("gateway", "0001_initial")]
    operations = [migrations.RunPython(add_what_every_workspace_has, migrations.RunPython.noop)]
