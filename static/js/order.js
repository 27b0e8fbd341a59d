// The order page: what the server would say anyway, only sooner. Every amount is computed again on the server.

const form = document.getElementById("order");
const said = form.dataset;
const all = (selector, from = form) => [...from.querySelectorAll(selector)];
const one = (selector, from = form) => from.querySelector(selector);

// Amounts in minor units, written as core/money.py writes them.
const WRITTEN = { IDR: ["Rp", ".", ",", 0], MYR: ["RM", ",", ".", 2], PHP: ["₱", ",", ".", 2], SGD: ["S$", ",", ".", 2], THB: ["฿", ",", ".", 2], USD: ["US$", ",", ".", 2] };
const [symbol, group, point, decimals] = WRITTEN[document.body.dataset.currency] || ["", ",", ".", 2];
function written(minor) {
  const digits = String(Math.abs(minor)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, group);
  return (minor < 0 ? "−" : "") + symbol + whole + (decimals ? point + digits.slice(-decimals) : "");
}

// Fee = flat + percentage of the subtotal before promo, rounded half up once. Percentages have at most four decimals.
function feeOf(channel, subtotal) {
  const percent = BigInt(Math.round(Number(channel.dataset.percent || 0) * 10000));
  return Number(channel.dataset.fee || 0) + Number((BigInt(subtotal) * percent * 2n + 1000000n) / 2000000n);
}

// ---- What is chosen
const quantity = one("#quantity");
const sku = () => one("[name=skuCode]:checked");
const channel = () => one("[name=paymentCode]:checked");
const most = () => Number(sku()?.dataset.most || 10);
const count = () => Math.min(Math.max(parseInt(quantity.value, 10) || 1, 1), most());
const discount = () => Number(one("[data-discount]")?.dataset.discount || 0);

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function paint() {
  const item = sku();
  const subtotal = item ? Number(item.dataset.price) * count() : 0;
  const off = Math.min(discount(), subtotal);
  for (const details of all(".channels")) {
    let least = null;
    for (const row of all("[name=paymentCode]", details)) {
      const total = subtotal - off + feeOf(row, subtotal);
      const note = document.getElementById(`note-${row.value}`);
      let reason = "";
      if (item && row.dataset.open === "yes") {
        if (Number(row.dataset.min) && total < Number(row.dataset.min)) reason = `${said.saidFrom} ${written(Number(row.dataset.min))}`;
        if (row.dataset.balance && total > Number(row.dataset.balance)) reason = `${said.saidBalance} ${written(Number(row.dataset.balance))}`;
        if (Number(row.dataset.max) && total > Number(row.dataset.max)) reason = `${said.saidUpto} ${written(Number(row.dataset.max))}`;
      }
      if (row.dataset.open === "yes") {
        row.disabled = Boolean(reason);
        if (reason) row.checked = false;
        row.closest(".channel").classList.toggle("is-closed", Boolean(reason));
        setText(note, reason || note.dataset.plain);
      }
      setText(one("[data-total]", row.closest(".channel")), item && !row.disabled ? written(total) : "");
      if (item && !row.disabled) least = least === null ? total : Math.min(least, total);
    }
    setText(one("[data-from]", details), least === null ? "" : written(least));
  }
  const way = channel();
  const total = item ? subtotal - off + (way ? feeOf(way, subtotal) : 0) : 0;
  setText(one("#buy-item"), item ? item.dataset.name + (count() > 1 ? ` × ${count()}` : "") : said.saidChoose);
  const notes = item ? [way ? way.dataset.name : said.saidChannelShort] : [];
  if (item && off) notes.push(`−${written(off)}`);
  if (item && way && feeOf(way, subtotal)) notes.push(`${said.saidFee} ${written(feeOf(way, subtotal))}`);
  if (notes.length) setText(one("#buy-note"), notes.join(" · "));
  setText(one("#buy-total"), item ? written(total) : "");
  setText(one("#buy-label"), item && way ? `${said.saidPay} ${written(total)}` : said.saidContinue);
  const hint = one("#quantity-most");
  setText(hint, item ? `${hint.dataset.text} ${most()}` : "");
  const info = one("#amount-info");
  setText(info, item?.dataset.info || "");
  info.hidden = !info.textContent;
}

// ---- Sections as tabs
const tabs = all("[role=tab]");
function show(tab, focus) {
  for (const each of tabs) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(each.getAttribute("aria-controls"));
    panel.classList.toggle("is-shown", chosen);
    panel.classList.toggle("is-put-away", !chosen);
  }
  if (focus) tab.focus();
}
tabs.forEach((tab, index) => {
  tab.addEventListener("click", () => show(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : step ? (index + step + tabs.length) % tabs.length : null;
    if (next === null) return;
    event.preventDefault();
    show(tabs[next], true);
  });
});

// ---- Account
const accountFields = all("[data-account]");
const result = document.getElementById("account-result"); // none where the product asks for no account
const resting = result?.innerHTML ?? "";
const answers = new Map();
let account = { key: "", state: "" };

const values = () => Object.fromEntries(accountFields.map((field) => [field.name, field.value]));
const clean = (field) => (field.dataset.type === "number" ? field.value.replace(/\D/g, "") : field.value.replace(/^\s+|\s+$/g, ""));
const complaint = (field) => {
  if (field.required && !field.value) return said.saidMissing;
  if (!field.value) return "";
  if (field.minLength > 0 && field.value.length < field.minLength) return said.saidShort;
  if (field.dataset.pattern) {
    try {
      if (!new RegExp(`^(?:${field.dataset.pattern})$`, "u").test(field.value)) return said.saidShape;
    } catch {
      // A pattern that this browser cannot read is left to the server.
    }
  }
  return field.type === "email" && !field.validity.valid ? said.saidShape : "";
};
function complain(name, text) {
  const place = document.getElementById(`error-${name}`);
  if (place) setText(place, text);
  const field = form.elements[name];
  if (field instanceof HTMLElement) text ? field.setAttribute("aria-invalid", "true") : field.removeAttribute("aria-invalid");
}

async function check() {
  if (said.checks !== "yes" || accountFields.some((field) => complaint(field) !== "")) return;
  const key = JSON.stringify(values());
  if (key === account.key) return;
  account = { key, state: "busy" };
  if (!answers.has(key)) {
    result.innerHTML = `<p class="account-line account-busy quiet"></p>`;
    const icon = one(".buy-button .icon").cloneNode(true);
    result.firstChild.append(icon, said.saidChecking);
    const sent = new FormData();
    for (const [name, value] of Object.entries(values())) sent.append(name, value);
    if (sku()) sent.append("skuCode", sku().value);
    const answer = fetch(said.check, { method: "POST", body: sent, headers: { "HX-Request": "true" }, credentials: "same-origin" })
      .then((reply) => reply.text().then((text) => (reply.ok || reply.status === 422 || reply.status === 404 ? text : Promise.reject(new Error(text)))));
    answers.set(key, answer);
    answer.catch(() => answers.delete(key));
  }
  let html;
  try {
    html = await answers.get(key);
  } catch {
    if (account.key !== key) return;
    account = { key: "", state: "" };
    result.innerHTML = resting;
    return; // The server checks again with the quote, and says so then.
  }
  if (account.key !== key) return;
  result.innerHTML = html;
  const told = one("[data-state]", result);
  account = { key, state: told?.dataset.state || "", nickname: told?.dataset.nickname || "" };
  if (account.state !== "ok" && account.state !== "down") answers.delete(key);
}

for (const field of accountFields) {
  field.addEventListener("input", () => {
    const before = field.value;
    if (field.dataset.type === "number" && /\D/.test(before)) field.value = clean(field);
    if (field.dataset.max && field.value.length > Number(field.dataset.max)) field.value = field.value.slice(0, Number(field.dataset.max));
    complain(field.name, "");
    if (account.key && JSON.stringify(values()) !== account.key) {
      account = { key: "", state: "" };
      result.innerHTML = resting;
    }
  });
  field.addEventListener("change", () => {
    field.value = clean(field);
    const text = field.value ? complaint(field) : "";
    complain(field.name, text);
    check();
  });
  // "123456789 (1234)" fills the id and the field after it.
  field.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.getData("text") || "";
    const parts = pasted.match(/^\D*(\d{4,})\D+(\d{2,6})\D*$/);
    const next = accountFields[accountFields.indexOf(field) + 1];
    if (!parts || !next || next.tagName === "SELECT" || field.dataset.type !== "number") return;
    event.preventDefault();
    [field.value, next.value] = [parts[1], parts[2]];
    for (const filled of [field, next]) complain(filled.name, complaint(filled));
    next.focus();
    check();
  });
}
document.addEventListener("player:use", (event) => {
  for (const [name, value] of Object.entries(event.detail.values)) if (form.elements[name]) form.elements[name].value = value;
  for (const field of accountFields) complain(field.name, "");
  check();
});

// ---- Quantity, choice, promo
all("[data-step]").forEach((button) =>
  button.addEventListener("click", () => {
    quantity.value = Math.min(Math.max(count() + Number(button.dataset.step), 1), most());
    quantity.dispatchEvent(new Event("change", { bubbles: true }));
  }),
);
quantity.addEventListener("input", () => (quantity.value = quantity.value.replace(/\D/g, "").slice(0, 3)));
quantity.addEventListener("blur", () => (quantity.value = count()));

const promo = one("#promoCode");
let promoTimer;
let promoAsked = "";
function askPromo(now) {
  clearTimeout(promoTimer);
  if (!said.promo || !window.htmx) return;
  promoTimer = setTimeout(() => {
    if (!sku() || (!promo.value && form.elements.promoAuto.value === "0")) return;
    const asked = [sku().value, channel()?.value, count(), promo.value, form.elements.promoAuto.value].join();
    if (asked === promoAsked) return;
    promoAsked = asked;
    window.htmx.ajax("POST", said.promo, { source: "#promo-result", target: "#promo-result", swap: "innerHTML", values: Object.fromEntries(new FormData(form)) });
  }, now ? 0 : 250);
}
one("#promo-result").addEventListener("htmx:afterSwap", () => {
  const applied = one("[data-promo]", one("#promo-result"));
  if (applied) promo.value = applied.dataset.promo;
  paint();
});
one("#promo-apply").addEventListener("click", () => {
  form.elements.promoAuto.value = promo.value ? "0" : "1";
  promoAsked = "";
  askPromo(true);
});
promo.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  one("#promo-apply").click();
});
form.addEventListener("click", (event) => {
  const use = event.target.closest("[data-promo-use]");
  if (use) {
    promo.value = use.dataset.promoUse;
    one("#promo-apply").click();
  }
  if (event.target.closest("[data-promo-remove]")) {
    promo.value = "";
    form.elements.promoAuto.value = "0";
    promoAsked = "";
    event.target.closest(".promo-applied").remove();
    paint();
    promo.focus();
  }
});

form.addEventListener("change", (event) => {
  const name = event.target.name;
  if (["skuCode", "paymentCode", "quantity"].includes(name)) {
    complain(name, "");
    if (name === "skuCode") quantity.value = count();
    paint();
    askPromo(false);
  }
  if (["contactEmail", "contactPhone"].includes(name)) complain(name, event.target.value ? complaint(event.target) : "");
});

// ---- On to the confirm sheet
form.noValidate = true;
form.addEventListener(
  "submit",
  (event) => {
    const wrong = [];
    for (const field of [...accountFields, form.elements.contactEmail, form.elements.contactPhone]) {
      field.value = field.type === "email" ? field.value.trim() : field.dataset.account === undefined ? field.value : clean(field);
      const text = complaint(field);
      complain(field.name, text);
      if (text) wrong.push(field);
    }
    if (!sku()) complain("skuCode", said.saidItem), wrong.push(one("[name=skuCode]:not(:disabled)"));
    if (!channel()) complain("paymentCode", said.saidChannel), wrong.push(one("[name=paymentCode]:not(:disabled)"));
    const again = one("[data-again]");
    if (again && account.state === "down" && again.value.replace(/\s/g, "") !== accountFields[0].value) {
      again.setAttribute("aria-invalid", "true");
      wrong.push(again);
    }
    const first = wrong.filter(Boolean).sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))[0];
    // A code that was refused changes no price that is shown, so it is not sent along.
    if (one("[data-promo-refused]")?.dataset.promoRefused === promo.value.trim().toUpperCase()) promo.value = "";
    if (!wrong.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (first) {
      first.closest("details")?.setAttribute("open", "");
      (first.closest(".section, .step") || first).scrollIntoView({ block: "start" });
      first.focus({ preventScroll: true });
    }
  },
  true,
);

const sheet = document.getElementById("confirm");
const errors = document.getElementById("form-errors");
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "confirm-body") return;
  if (event.detail.xhr.status === 422) {
    event.detail.target = errors;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  } else errors.replaceChildren();
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "confirm-body" && !sheet.open) {
    sheet.showModal();
    if (one("#keep-player")?.checked) document.dispatchEvent(new CustomEvent("player:keep", { detail: { nickname: account.nickname || "", values: values() } }));
  }
  if (event.detail.target === errors) {
    let focused = false;
    for (const line of all("[data-error]", errors)) {
      const name = line.dataset.error;
      complain(name, line.textContent.trim());
      const field = form.elements[name];
      if (!focused && field instanceof HTMLElement) {
        field.focus();
        focused = true;
      }
    }
    if (!focused) errors.focus();
  }
});

paint();
if (accountFields.every((field) => field.value || !field.required)) check();
if (promo.value) askPromo(false);
