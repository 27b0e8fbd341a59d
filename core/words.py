"""Words of back office and API that no source file of ours spells, so that they can be translated like all others.

A model's field that is given no name is called by Django as its column is, in English whatever the reader's language;
the theme of the back office brings no Indonesian, and REST framework not all that it says of a body. They are listed
here for `makemessages` to find.
"""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _


def name_fields(apps: Apps) -> None:
    """Every field with a plain name is called in the reader's language from then on; migrations do not see it."""
    for model in apps.get_models():
        fields: list[Any] = [*model._meta.local_fields, *model._meta.local_many_to_many]
        for field in fields:
            if type(field.verbose_name) is str:
                field.verbose_name = gettext_lazy(field.verbose_name)


# fmt: off
FIELDS = [
    # Imports, budgets of promos, what one person did alone
    _("person"),
    _("budget minor"), _("given minor"),
    _("cells"), _("heads"), _("is jump"), _("is ticked"), _("is applied"), _("jumps"), _("line"), _("new"),
    _("changed"), _("same"), _("wrong"), _("only good"), _("outcome"), _("problems"), _("published at"),
    _("published by"), _("sheet"), _("sheet import"), _("undone at"), _("undone by"), _("before"), _("after"),
    # Figures of days
    _("bought"), _("charge unknown"), _("charges minor"), _("cost unknown"), _("delivered"), _("deposits"),
    _("event id"), _("exchange minor"), _("expired"), _("failed"), _("fees minor"), _("goodwill minor"),
    _("inquiries"), _("inquiry at"), _("orders"), _("paid"), _("points"), _("points minor"), _("points unknown"),
    _("promo minor"), _("refunds minor"), _("sales minor"), _("seconds"), _("stale at"), _("summed at"),
    _("supplier"), _("transfer id"),
    # Authenticators and players' marks
    _("confirmed"), _("drift"), _("hidden at"), _("last t"), _("sealed key"),
    # Approvals
    _("asked at"), _("asked by"), _("decided at"), _("decided by"), _("expires at"), _("most"), _("note"), _("outcome"),
    _("payload"), _("subject"), _("title"), _("trace"), _("unit"),
    # Books of supplier accounts
    _("booked at"), _("closed at"), _("at closing"), _("at opening"), _("closing minor"), _("confirmed at"),
    _("difference minor"),
    _("explained at"), _("explained by"), _("explanation"), _("foreign minor"), _("funding minor"), _("is exact"),
    _("method"), _("opening minor"), _("reconciled at"), _("rest minor"), _("spent minor"),
    _("asked at"), _("statement"), _("tolerance minor"),
    # Tokens of the admin API
    _("answer"), _("asked"), _("call"), _("hint"), _("last address"), _("last used at"), _("made by"), _("name"),
    _("revoked at"), _("revoked by"), _("scopes"), _("token"),
    # The order desk
    _("assigned to"), _("author"), _("chosen"), _("last id"),
    # Prices from costs
    _("fees"), _("bears promos"), _("cause"), _("changes"), _("choice"), _("chosen by"), _("draft"),
    _("ending minor"), _("guard"), _("is applied"), _("jump percent"), _("made by"), _("moves percent"),
    _("new minor"), _("new original minor"), _("old minor"), _("old original minor"), _("product"),
    _("published at"), _("published by"), _("publishes itself"), _("rates"), _("region"), _("rule"), _("rule name"),
    _("since"), _("state"), _("note"), _("step minor"), _("steps"), _("stopped"), _("undone at"), _("undone by"),
    # Reconciliation
    _("compare at"), _("decided at"), _("decided by"), _("looks"), _("next look at"), _("ours minor"), _("party"),
    _("last seen at"), _("subject"), _("target"), _("theirs minor"),
    # Alerts
    _("began at"), _("calm at"), _("calm seconds"), _("calm since"), _("for seconds"), _("is on"), _("is shown"),
    _("over told at"), _("pages only"), _("rule"), _("severity"), _("tells customers"), _("threshold"), _("told at"),
    _("worst"),
    # Rows whose work fails
    _("again at"), _("failures"), _("first at"), _("last at"), _("model"), _("row id"),
    # Routes, circuits and pieces
    _("circuit closed at"), _("circuit opened at"), _("circuit probe at"), _("circuit probes"), _("circuit until"),
    _("circuit why"), _("is probe"), _("is split"), _("is supplier fault"), _("open from"), _("open until"), _("part"),
    _("part shares"), _("partly"), _("piece"), _("rests until"), _("shares"), _("times"), _("unit weight"), _("weight"),
    # Voucher codes
    _("added at"), _("added by"), _("batch"), _("decided at"), _("decided by"), _("digest"), _("expires on"),
    _("file name"), _("gives code"), _("good"), _("how to redeem"), _("key mark"), _("low at"), _("public id"),
    _("refused"), _("sealed"), _("seen at"), _("sold at"), _("stock"), _("stock left"), _("tail"), _("what"),
    # Money back
    _("approved at"), _("approved by"), _("asked by"), _("bank reference"), _("expected at"), _("masked"),
    _("prepared at"), _("prepared by"), _("refund days"), _("reminders"), _("wallet of"), _("way"),
    _("ID"), _("about"), _("account region"), _("action"), _("actions"), _("actor"), _("address"), _("amount minor"),
    _("answered at"), _("artwork"), _("at"), _("badge color"), _("badge text"), _("balance before minor"),
    _("balance minor"), _("bank name"), _("base"), _("baseline at"), _("catalogue read at"), _("customer format"),
    _("customer no"), _("cut off from"), _("cut off until"), _("held until"), _("hold"), _("is multi"), _("looks"),
    _("max cost minor"),
    _("next look at"), _("serial"), _("by"), _("callback seen at"),
    _("callback token"), _("captured at"), _("changed at"), _("channel"), _("channel code"), _("channel name"),
    _("channels"), _("check game"), _("check optional"), _("check supplier"), _("claimed at"), _("closed from"),
    _("closed until"), _("code"), _("content"), _("cookie"), _("cost minor"), _("counters"), _("country"),
    _("coverage lost"), _("covered polls"), _("created at"), _("credited minor"), _("currency"), _("current region"),
    _("day"), _("days"), _("description"), _("device"), _("device key"), _("dial code"), _("discount minor"),
    _("done at"), _("email"), _("email verified at"), _("ended at"), _("ended why"), _("ends at"), _("error"),
    _("expires at"), _("features"), _("fee minor"), _("fee percent"), _("fields"), _("first name"),
    _("first seen at"), _("flag"), _("flat minor"), _("for deposit"), _("for purchase"), _("fresh"), _("game code"),
    _("game name"), _("gateway"), _("gateway channel"), _("gateway id"), _("gateway ref"), _("google id"),
    _("headers"), _("hint"), _("history row"), _("holder"), _("how to order"), _("href"), _("http status"), _("icon"),
    _("id"), _("image"), _("info"), _("instruction"), _("is active"), _("is authentic"), _("is available"),
    _("is covered"), _("is default"), _("is featured"), _("is listed"), _("is named alike"), _("is operator bound"),
    _("is popular"), _("is refundable"), _("is required"), _("is staff"), _("issued at"), _("key"), _("kind"),
    _("label"), _("last name"), _("level"), _("levels"), _("limit"), _("list price minor"), _("looked at"),
    _("made at"), _("max daily usage"), _("max discount minor"), _("max in flight"), _("max length"), _("max minor"),
    _("max per second"), _("max quantity"), _("max usage"), _("max usage per device"), _("max usage per id"),
    _("max usage per ip"), _("method"), _("min length"), _("min minor"), _("name"), _("name proved at"),
    _("nickname"), _("not before"), _("number"), _("opened at"), _("operator"), _("options"), _("original minor"),
    _("owner"), _("paid at"), _("party"), _("password changed at"), _("path"), _("pattern"), _("paused at"),
    _("paused needs minor"), _("paused why"), _("payment seconds"), _("percent"), _("phone"), _("picture"),
    _("placeholder"), _("player field"), _("player id"), _("poll claimed at"), _("poll limit"), _("poll wanted at"),
    _("polled at"), _("polls"), _("position"), _("prefix"), _("price minor"), _("primary region"), _("priority"),
    _("process minutes"), _("product code"), _("product name"), _("profile read at"), _("promise seconds"),
    _("promo code"), _("public id"), _("publisher"), _("purpose"), _("quantity"), _("quote"), _("rate"), _("reason"),
    _("received at"), _("received minor"), _("reference"), _("released at"), _("resolved at"), _("resolved by"),
    _("rows"), _("seen at"), _("sent at"), _("settled at"), _("sku"), _("sku code"), _("sku name"), _("slug"),
    _("source"), _("source after minor"), _("source before minor"), _("started at"), _("starts at"), _("subject"),
    _("subtitle"), _("subtotal minor"), _("tags"), _("taken at"), _("target"), _("target after minor"),
    _("target before minor"), _("template"), _("thumbnail"), _("time zone"), _("topup"), _("total minor"),
    _("transaction id"), _("tries"), _("type"), _("unit"), _("unit price minor"), _("until"), _("updated at"),
    _("used at"), _("usual seconds"), _("valid from"), _("value"), _("verdict"), _("waits for"), _("why"), _("word"),
    _("zone"), _("zone field"),
]

API = [
    _("A valid number is required."), _("Datetime value out of range."),
    _("Ensure this field has at least {min_length} elements."),
    _("Ensure this field has no more than {max_length} elements."), _("Expected a date but got a datetime."),
    _("Expected a datetime but got a date."), _('Expected a list of items but got type "{input_type}".'),
    _("Invalid data. Expected a dictionary, but got {datatype}."),
    _('Invalid datetime for the timezone "{timezone}".'), _("Must be a valid UUID."), _("Must be a valid boolean."),
    _("Not a valid string."), _("String value too large."),
    _("Surrogate characters are not allowed: U+{code_point:X}."), _("This list may not be empty."),
    _("This value does not match the required pattern."),
]

THEME = [
    _("Add new item"), _("Add row"), _("After you've created a user, you’ll be able to edit more user options."),
    _("All applications"), _("Apply Filters"), _("Cancel"), _("Choose file to upload"), _("Click to cancel"),
    _("Click to download"), _("Date"), _("Date from"), _("Date to"), _("Enter an URL"), _("Expand row"), _("False"),
    _("Filters"), _("Forgotten your password or username?"), _("General"), _("Go back"), _("Image preview"),
    _("Loading more results..."), _("More actions"), _("Next"), _("No data"), _("No recent searches"),
    _("No results found"), _("No results matching your query"), _("Not enough data."), _("Previous"),
    _("Recent searches"), _("Record picture"), _("Reset filters"), _("Return to site"), _("Run"),
    _("Search apps and models..."), _("Select action"), _("Select action to run"), _("Select all rows"),
    _("Select currency"), _("Select record"), _("Select value"), _("Submit"), _("System"),
    _("This item will be deleted."), _("This page yielded into no results. Create a new item or reset your filters."),
    _("To"), _("Toggle password visibility"), _("True"), _("Type to search"), _("Value"), _("Welcome"),
    _("Welcome back to"), _("You have been successfully logged out from the administration"),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password "
        'using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
]
# fmt: on
