"""Every text has its Indonesian, with the same places for names and numbers; what is compiled is what is written."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import translation
from rest_framework import fields, serializers

CATALOGUE = Path(__file__).parents[2] / "locale/id/LC_MESSAGES/django.po"
PLACE = re.compile(r"%\(\w+\)[a-z]|(?<!%)%[ds]|\{\w*\}")
LINE = re.compile(r'(?:(?P<key>msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?) )?(?P<text>".*")')
OURS = {"core", "accounts", "storefront", "payments", "fulfilment"}


class Entry(dict[str, str]):
    """One message: its parts by their keyword, and whether somebody still has to look at it."""

    is_fuzzy = False

    @property
    def translations(self) -> list[str]:
        return [text for key, text in self.items() if key.startswith("msgstr")]


def read(text: str) -> Iterator[Entry]:
    """The messages of a .po file, without its head and what is commented out."""
    for block in text.split("\n\n"):
        entry, key = Entry(), ""
        for line in block.splitlines():
            entry.is_fuzzy |= line.startswith("#,") and "fuzzy" in line
            if found := LINE.fullmatch(line):
                key = found["key"] or key
                entry[key] = entry.get(key, "") + ast.literal_eval(found["text"])
        if entry.get("msgid"):
            yield entry


ENTRIES = list(read(CATALOGUE.read_text()))


def test_the_file_is_read_as_gettext_writes_it() -> None:
    written = """
msgid ""
msgstr "Language: id\\n"

#, fuzzy, python-format
#| msgid "Old"
msgid "%(n)s \\"day\\""
msgid_plural ""
"%(n)s "
"days"
msgstr[0] "%(n)s hari"

#~ msgid "gone"
#~ msgstr "hilang"
"""
    (entry,) = read(written)
    assert entry.is_fuzzy and entry.translations == ["%(n)s hari"]
    assert (entry["msgid"], entry["msgid_plural"]) == ('%(n)s "day"', "%(n)s days")


def test_nothing_waits_for_its_indonesian() -> None:
    assert len(ENTRIES) > 1000
    assert [entry["msgid"] for entry in ENTRIES if entry.is_fuzzy or not all(entry.translations)] == []


def test_names_and_numbers_keep_their_places() -> None:
    def differs(entry: Entry) -> bool:
        places = set(PLACE.findall(entry.get("msgid_plural", entry["msgid"])))
        return any(set(PLACE.findall(text)) != places for text in entry.translations)

    assert [entry["msgid"] for entry in ENTRIES if differs(entry)] == []


def test_what_is_compiled_is_what_is_written() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    plain = [entry for entry in ENTRIES if "msgctxt" not in entry and "msgid_plural" not in entry]
    assert [entry["msgid"] for entry in plain if compiled.gettext(entry["msgid"]) != entry["msgstr"]] == []


def test_every_field_of_ours_is_called_in_the_readers_language() -> None:
    known = {entry["msgid"] for entry in ENTRIES}
    with translation.override(None):
        names = {
            str(field.verbose_name)
            for model in apps.get_models()
            if model._meta.app_label in OURS
            for field in (*model._meta.local_fields, *model._meta.local_many_to_many)
        }
    with translation.override("id"):
        assert sorted(name for name in names if name not in known and translation.gettext(name) == name) == []
    order = apps.get_model("storefront", "Order")
    with translation.override("id"):
        assert str(order._meta.get_field("created_at").verbose_name) == "dibuat pada"
    with translation.override("en"):
        assert str(order._meta.get_field("created_at").verbose_name) == "created at"


@pytest.mark.parametrize("language", ["id", "en"])
def test_what_a_constraint_says_can_be_said(language: str) -> None:
    """A lone percent sign in one would break the form instead: Django fills the constraint's name in."""
    with translation.override(language):
        for model in apps.get_models():
            for constraint in model._meta.constraints:
                assert constraint.get_violation_error_message()


@pytest.mark.parametrize("field", [
    *(fields.BooleanField, fields.CharField, fields.ChoiceField, fields.DateField, fields.DateTimeField),
    *(fields.DecimalField, fields.IntegerField, fields.ListField, fields.RegexField, fields.UUIDField),
    *(serializers.ListSerializer, serializers.Serializer),
])  # fmt: skip
def test_what_the_api_says_of_a_body_is_said_in_the_readers_language(field: type[fields.Field]) -> None:
    for text in field.default_error_messages.values():
        with translation.override("en"):
            english = str(text)
        with translation.override("id"):
            assert str(text) != english
