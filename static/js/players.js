// Players remembered on this device: chips above the account fields. Nothing here is sent anywhere.

const row = document.querySelector("[data-players]");
const key = "players:" + location.pathname.replace(/\/$/, "").split("/").pop();
const MOST = 6;

function read() {
  try {
    const players = JSON.parse(localStorage.getItem(key) || "[]");
    return Array.isArray(players) ? players : [];
  } catch {
    return [];
  }
}

function write(players) {
  try {
    if (players.length) localStorage.setItem(key, JSON.stringify(players.slice(0, MOST)));
    else localStorage.removeItem(key);
  } catch {
    // Private windows may refuse; the order does not depend on it.
  }
}

const same = (one, other) => JSON.stringify(one.values) === JSON.stringify(other.values);

const known = [...document.querySelectorAll("[data-player]")].map((chip) => JSON.parse(chip.dataset.player));

function verb(words, name, sign) {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", `${words} ${name}`);
  button.textContent = sign;
  return button;
}

// The chip becomes a field: Enter or leaving it keeps the name, Escape does not.
function ask(chip, player, name) {
  const field = document.createElement("input");
  field.className = "input";
  field.maxLength = 40;
  field.value = name;
  field.setAttribute("aria-label", `${row.dataset.saidRename} ${name}`);
  let isKept = true;
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    isKept = event.key === "Enter";
    field.blur();
  });
  field.addEventListener("blur", () => {
    const label = field.value.trim();
    if (isKept) write(read().map((kept) => (same(kept, player) ? { ...kept, label } : kept)));
    draw();
  });
  chip.replaceChildren(field);
  field.select();
}

function draw() {
  row.replaceChildren(
    ...read().filter((player) => !known.some((other) => same(player, other))).map((player) => {
      const name = player.label || player.nickname || Object.values(player.values).join(" · ");
      const chip = document.createElement("span");
      chip.className = "player";
      const use = document.createElement("button");
      use.type = "button";
      use.textContent = name;
      use.addEventListener("click", () => document.dispatchEvent(new CustomEvent("player:use", { detail: player })));
      const rename = verb(row.dataset.saidRename, name, "✎");
      rename.addEventListener("click", () => ask(chip, player, name));
      const remove = verb(row.dataset.saidRemove, name, "×");
      remove.addEventListener("click", () => {
        write(read().filter((kept) => !same(kept, player)));
        draw();
      });
      chip.append(use, rename, remove);
      return chip;
    }),
  );
}

document.addEventListener("player:keep", (event) => {
  const { label } = read().find((kept) => same(kept, event.detail)) || {};
  write([{ ...event.detail, label }, ...read().filter((kept) => !same(kept, event.detail))]);
});
if (row) draw();

// Players of the account come with the page, and are used the same way.
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-player]");
  if (chip) document.dispatchEvent(new CustomEvent("player:use", { detail: JSON.parse(chip.dataset.player) }));
});
