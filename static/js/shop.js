// What every page does: theme, sheets, popup, search by keyboard, copy, clocks, offline word.

const root = document.documentElement;
const body = document.body;
const toast = document.querySelector(".toast");
let toastTimer;

export function say(text) {
  toast.textContent = text;
  toast.classList.add("is-shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => toast.classList.remove("is-shown"), 2600);
}

function stored(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(key);
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // A device that keeps nothing still shops.
  }
  return null;
}

// Theme: the device's choice until somebody chooses.
const system = matchMedia("(prefers-color-scheme: dark)");
function paintTheme() {
  const chosen = stored("theme");
  root.dataset.theme = (chosen ? chosen === "dark" : system.matches) ? "dark" : "light";
  for (const radio of document.querySelectorAll("[name=theme]")) radio.checked = radio.value === (chosen || "system");
}
system.addEventListener("change", paintTheme);
paintTheme();
document.addEventListener("change", (event) => {
  if (event.target.name !== "theme") return;
  stored("theme", event.target.value === "system" ? null : event.target.value);
  paintTheme();
});

document.addEventListener("click", async (event) => {
  const opener = event.target.closest("[data-sheet]");
  if (opener) document.getElementById(opener.dataset.sheet)?.showModal();

  // A tap beside a sheet closes it.
  if (event.target.matches("dialog.sheet")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientY >= box.top && event.clientY <= box.bottom && event.clientX >= box.left && event.clientX <= box.right;
    if (!inside) event.target.close();
  }

  const copier = event.target.closest("[data-copy]");
  if (copier) {
    await copy(copier.dataset.copy);
    say(body.dataset.saidCopied);
  }

  const sharer = event.target.closest("[data-share]");
  if (sharer) {
    if (navigator.share) navigator.share({ text: sharer.dataset.share }).catch(() => {});
    else {
      await copy(sharer.dataset.share);
      say(body.dataset.saidCopied);
    }
  }
});

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

// The popup: once per key and device, when the visitor has begun to look around, never over a sheet.
const popup = document.getElementById("popup");
if (popup && stored("popup") !== popup.dataset.once) {
  const showPopup = () => {
    removeEventListener("scroll", showPopup);
    clearTimeout(popupTimer);
    if (stored("popup") === popup.dataset.once || document.querySelector("dialog[open], :popover-open")) return;
    if (document.activeElement?.matches("input")) return; // Whoever types knows what they want.
    stored("popup", popup.dataset.once);
    popup.showModal();
  };
  const popupTimer = setTimeout(showPopup, 8000);
  addEventListener("scroll", showPopup, { passive: true, once: true });
}

// Search: arrows walk through what was found, Enter goes there, Escape closes.
for (const input of document.querySelectorAll("[role=combobox]")) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  const options = () => [...list.querySelectorAll("[role=option]")];
  const close = () => {
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  list.addEventListener("htmx:afterSwap", () => {
    options().forEach((option, index) => (option.id = `${list.id}-${index}`));
    input.setAttribute("aria-expanded", String(options().length > 0));
  });
  input.addEventListener("keydown", (event) => {
    const found = options();
    const now = found.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && now >= 0) {
      event.preventDefault();
      found[now].click();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && found.length) {
      event.preventDefault();
      const next = (now + (event.key === "ArrowDown" ? 1 : now < 0 ? 0 : -1) + found.length) % found.length;
      found.forEach((option, index) => option.setAttribute("aria-selected", String(index === next)));
      input.setAttribute("aria-activedescendant", found[next].id);
      found[next].scrollIntoView({ block: "nearest" });
    }
  });
  document.addEventListener("click", (event) => event.target.closest(".search-box") || close());
  input.closest(".search-box").addEventListener("focusout", (event) => {
    if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget)) close();
  });
}

// Clocks: data-countdown holds the seconds that the server counted; the device's own clock is never asked for the time.
const ends = new WeakMap();
function tick() {
  for (const clock of document.querySelectorAll("[data-countdown]")) {
    const told = ends.get(clock);
    if (!told || told.text !== clock.dataset.countdown) ends.set(clock, { text: clock.dataset.countdown, at: performance.now() + 1000 * Number(clock.dataset.countdown) });
    const left = Math.max(0, Math.ceil((ends.get(clock).at - performance.now()) / 1000));
    const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60].map((n) => String(n).padStart(2, "0"));
    const text = left ? (hours === "00" ? `${minutes}:${seconds}` : `${hours}:${minutes}:${seconds}`) : clock.dataset.endedText || "00:00";
    if (clock.textContent !== text) clock.textContent = text;
    if (!left) {
      const form = clock.closest("dialog, .confirm-page")?.querySelector("form.place");
      if (form) form.querySelector("[type=submit]").disabled = true;
    }
  }
}
setInterval(tick, 500);
tick();
document.addEventListener("htmx:afterSwap", tick);

// A form that pays is sent once; going back to it makes it usable again (the token leads to the same order).
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-once-only]");
  if (!form) return;
  if (form.classList.contains("htmx-request")) event.preventDefault();
  else form.classList.add("htmx-request");
});
addEventListener("pageshow", () => document.querySelectorAll("[data-once-only].htmx-request").forEach((form) => form.classList.remove("htmx-request")));

// The account's tabs are wider than a phone: the one that is open is in sight.
const openTab = document.querySelector(".account-tabs [aria-current]");
if (openTab) openTab.parentElement.scrollLeft = openTab.offsetLeft - (openTab.parentElement.clientWidth - openTab.offsetWidth) / 2;

const offline = document.querySelector(".offline");
function tellOffline() {
  offline.textContent = body.dataset.saidOffline;
  offline.hidden = navigator.onLine;
}
addEventListener("online", tellOffline);
addEventListener("offline", tellOffline);
if (!navigator.onLine) tellOffline();
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"])
  document.addEventListener(name, (event) => event.target.closest("[data-quiet]") || say(body.dataset.saidRetry));

// The live part of an invoice: asked with the tag of what is shown, so that an unchanged answer is a bare 304.
let liveTag = "";
document.addEventListener("htmx:configRequest", (event) => {
  const live = event.target.closest?.("[data-live]");
  const tag = liveTag || live?.dataset.etag;
  if (live && tag) event.detail.headers["If-None-Match"] = tag;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.target.closest?.("[data-live]")) return;
  if (event.detail.xhr.status === 304) event.detail.shouldSwap = false;
  else liveTag = event.detail.xhr.getResponseHeader("ETag") || "";
});
document.addEventListener("htmx:afterSettle", () => {
  const live = document.querySelector("[data-live]");
  const status = document.getElementById("live-status");
  if (!live || !status) return;
  const headline = live.querySelector("h1")?.textContent.trim();
  if (headline && status.textContent !== headline) {
    status.textContent = headline;
    document.title = `${headline} · ${document.title.split(" · ").pop()}`;
  }
});
