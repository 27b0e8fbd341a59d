"""What the storefront's forms share: amounts in the region's currency, pictures, closing times, checked texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import BytesIO
from pathlib import PurePath
from secrets import token_hex
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminImageFieldWidget,
)

from core import pictures
from core.models import Region
from core.money import Money, NotAnAmount
from storefront.catalogue import rules

if TYPE_CHECKING:
    Form = forms.ModelForm[Any]
else:
    Form = forms.ModelForm  # not generic at run time

_SIDE = 1600  # pixels


def told(form: Any, problems: Iterable[tuple[str, str]]) -> None:
    """What a rule found wrong stands beside the inputs."""
    for name, problem in problems:
        form.add_error(name or None, problem)


class AmountsForm(Form):
    """A form whose `amounts` (columns in minor units) are typed in the currency's own units: 12.50, not 1250."""

    amounts: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        region: Region | None = self.instance.region if self.instance.region_id else None
        for name in self.amounts:
            if name not in self.fields:
                continue
            column = self.fields[name]
            self.fields[name] = forms.DecimalField(
                label=str(column.label).removesuffix(" minor"),
                help_text=column.help_text,
                min_value=Decimal(0),
                max_digits=15,
                decimal_places=2,
                required=column.required,
                widget=UnfoldAdminDecimalFieldWidget(),
            )
            minor = getattr(self.instance, name)
            if minor is not None:
                self.initial[name] = Money(minor, region.currency).major if region else Decimal(minor)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        region: Region | None = cleaned.get("region") or (self.instance.region if self.instance.region_id else None)
        for name in self.amounts:
            amount = cleaned.get(name)
            if amount is None or region is None:
                continue
            try:
                cleaned[name] = Money.of(amount, region.currency).minor
            except NotAnAmount:
                self.add_error(name, _("%(currency)s has no such small amounts.") % {"currency": region.currency})
        return cleaned


class PriceForm(AmountsForm):
    """A SKU's price: never above the list price. Who types another price fixes it, unless they say otherwise."""

    amounts = ("price_minor", "original_minor")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        price, original = cleaned.get("price_minor"), cleaned.get("original_minor")
        told(
            self,
            rules.of_price(price if isinstance(price, int) else None, original if isinstance(original, int) else None),
        )
        if self.instance.pk and "price_minor" in self.changed_data and "is_fixed" not in self.changed_data:
            cleaned["is_fixed"] = True
        return cleaned


class ClosureForm(Form):
    """A maintenance window, a daily cut-off, or a cut-off that holds between two moments; always with its reason."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        days, hours = ("starts_at", "ends_at"), ("closed_from", "closed_until")
        starts, ends, opens, shuts = (cleaned.get(name) for name in (*days, *hours))
        told(self, rules.of_closure(starts, ends, opens, shuts, reason=cleaned.get("reason")))
        return cleaned


class ProductFieldForm(Form):
    """An input of a product: a pattern that can be read, options for a choice, lengths in order."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["options"] = cleaned.get("options") or []
        told(
            self,
            rules.of_field(
                cleaned.get("type"), cleaned.get("pattern") or "", cleaned["options"], cleaned.get("min_length"),
                cleaned.get("max_length"),
            ),
        )  # fmt: skip
        return cleaned


class Choices(forms.MultipleChoiceField):
    """Several words of a fixed list, kept as a JSON list in the list's order; none: no limit."""

    def __init__(self, choices: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        self.order = [code for code, _label in choices]
        super().__init__(choices=choices, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **kwargs)

    def clean(self, value: Any) -> list[str]:
        chosen = set(super().clean(value))
        return [code for code in self.order if code in chosen]


class PictureField(forms.ImageField):
    """An uploaded picture, drawn anew as WebP under a name of its own: nothing of the file that was sent is kept."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminImageFieldWidget)
        super().__init__(**kwargs)

    def to_python(self, data: Any) -> Any:
        # Not ImageField's, which would try whatever Pillow reads, and some of that is a program.
        uploaded = forms.FileField.to_python(self, data)
        if uploaded is None:
            return None
        try:
            made = self._drawn(uploaded)
        except pictures.BROKEN as problem:
            raise forms.ValidationError(_("Choose a picture in JPG, PNG or WebP format.")) from problem
        stem = slugify(PurePath(uploaded.name or "").stem)[:40] or "picture"
        return SimpleUploadedFile(f"{stem}-{token_hex(4)}.webp", made, "image/webp")

    def _drawn(self, uploaded: Any) -> bytes:
        with Image.open(uploaded, formats=pictures.FORMATS) as picture:
            if pictures.has_too_many_pixels(picture):
                raise forms.ValidationError(_("The picture has too many pixels."))
            picture.draft("RGB", (_SIDE, _SIDE))
            drawn = ImageOps.exif_transpose(picture) or picture
            drawn = drawn.convert("RGBA" if "A" in drawn.getbands() or "transparency" in drawn.info else "RGB")
            drawn.thumbnail((_SIDE, _SIDE))
            made = BytesIO()
            drawn.save(made, "WEBP", quality=85, method=6)
        return made.getvalue()
