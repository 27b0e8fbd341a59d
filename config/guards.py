"""Demo ease never reaches production: what has to be settled before the outside world may reach this store."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def on_loopback(url: str) -> bool:
    """Whether only this machine can reach the address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def refusals(*, public: str, demo: bool, made: set[str], parties: dict[str, str], sandbox: str) -> list[str]:
    """One sentence for each thing that forbids serving `public`; none where only this machine reaches it.

    `made` names the secrets the store made for itself, `parties` maps a variable to the address it came to,
    `sandbox` is where the sandbox of this run would stand.
    """
    if on_loopback(public):
        return []
    found = []
    if demo:
        found.append("DEMO is on: set DEMO=off.")
    found += [f"{name} is of the store's own making: set {name} or {name}_FILE." for name in sorted(made)]
    # A sandbox is one whatever name of loopback it is called by.
    port = urlsplit(sandbox).port
    found += [
        f"{name} still points at the sandbox: set the real party's address."
        for name, url in sorted(parties.items())
        if on_loopback(url) and urlsplit(url).port == port
    ]
    return found
