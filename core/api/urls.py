"""The API's own description: /v2/schema for machines, /v2/docs for people."""

from __future__ import annotations

from django.urls import path

from core.api import views

urlpatterns = [
    path("schema", views.schema, name="api_schema"),
    path("docs", views.docs, name="api_docs"),
]
