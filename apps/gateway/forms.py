"""What the forms of all pages of RelayCore share."""

import re
from typing import Any

from django import forms

MONO = {"class": "mono", "spellcheck": "false", "autocomplete": "off"}


class WordsField(forms.CharField):
    """Several words in one line or one on each, as a list."""

    def clean(self, value: Any) -> list[str]:
        return [each for each in re.split(r"[\s,]+", super().clean(value) or "") if each]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value
