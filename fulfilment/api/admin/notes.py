"""Notes of staff about an order over the admin API."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import audit, notes
from core.api.staff import StaffView, asked, done, token_of
from core.models import Note
from core.web.api import data
from fulfilment.api.admin.asking import READ_ERRORS, WRITE_ERRORS
from fulfilment.api.admin.orders import TAG, found
from storefront.api.shapes import answers, enveloped


class NoteBody(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=notes.LONGEST, help_text="for staff alone, and for good")


class NoteRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    text = serializers.CharField()
    author = serializers.CharField(help_text="who wrote it, or made the token that did")
    at = serializers.DateTimeField()


class NoteList(serializers.Serializer[Any]):
    notes = NoteRow(many=True)


def _shown(note: Note) -> dict[str, Any]:
    return {"id": note.pk, "text": note.text, "author": note.author.get_username(), "at": note.at}


class OrderNotes(StaffView):
    scopes: ClassVar = {"GET": "storefront.view_order", "POST": "core.add_note"}

    @extend_schema(
        operation_id="orderNotes",
        tags=[TAG],
        summary="What staff wrote about an order, the newest 50",
        responses=answers(enveloped("NotesEnvelope", NoteList()), errors=READ_ERRORS),
    )
    def get(self, request: Request, number: str) -> Response:
        about = notes.about_order(found(number).number)
        return data({"notes": [_shown(note) for note in notes.of(about)]})

    @extend_schema(
        operation_id="writeNote",
        tags=[TAG],
        summary="Write a note about an order",
        description="The very same text right after itself is one note.",
        request=NoteBody,
        responses=answers(enveloped("NoteEnvelope", NoteRow()), errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: str) -> Response:
        text, order = asked(NoteBody, request)["text"], found(number)

        def work(actor: str) -> dict[str, Any]:
            note = notes.write(notes.about_order(order.number), token_of(request).made_by, text)
            audit.record(actor, "write note", audit.subject_of(order), after={"note": note.pk})
            return _shown(note)

        return done(request, work)
