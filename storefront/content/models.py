"""What stands around the goods: languages, contacts, popups, banners, help."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Region
from core.translated import TranslatedField
from storefront.content.html import TranslatedHtmlField


class Language(models.Model):
    code = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=60)
    country = models.CharField(max_length=60)
    flag = models.CharField(max_length=2, help_text=_("country code of the flag shown beside it"))
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("language")
        verbose_name_plural = _("languages")

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """One way to reach the shop; `kind` is the key in GET /v2/contacts."""

    kind = models.CharField(max_length=20, unique=True, help_text=_("email, phone, whatsapp, instagram ..."))
    value = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "kind"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


class Scheduled(models.Model):
    """Abstract: shown in a region (empty: in all) between two moments (empty: open-ended)."""

    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    image = models.ImageField(upload_to="content/", blank=True)
    artwork = models.CharField(max_length=40, blank=True, help_text=_("code of the drawing used without an image"))
    href = models.CharField(
        max_length=300, blank=True, help_text=_("a full address, /path, or a product's slug in the reader's own shop")
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True


class Popup(Scheduled):
    title = TranslatedField()
    content = TranslatedHtmlField(help_text=_("HTML; cleaned when saved"))

    class Meta:
        ordering = ["position", "-id"]
        verbose_name = _("popup")
        verbose_name_plural = _("popups")

    def __str__(self) -> str:
        return str(self.title)


class Banner(Scheduled):
    title = TranslatedField()
    description = TranslatedField()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("banner")
        verbose_name_plural = _("banners")

    def __str__(self) -> str:
        return str(self.title)


class Question(models.Model):
    """One entry of the help page."""

    question = TranslatedField()
    answer = TranslatedHtmlField(help_text=_("HTML; cleaned when saved"))
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("question")
        verbose_name_plural = _("questions")

    def __str__(self) -> str:
        return str(self.question)
