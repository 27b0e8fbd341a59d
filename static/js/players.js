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

function draw() {
  row.replaceChildren(
    ...read().filter((player) => !known.some((other) => same(player, other))).map((player) => {
      const name = player.nickname || Object.values(player.values).join(" · ");
      const chip = document.createElement("span");
      chip.className = "player";
      const use = document.createElement("button");
      use.type = "button";
      use.textContent = name;
      use.addEventListener("click", () => document.dispatchEvent(new CustomEvent("player:use", { detail: player })));
      const remove = document.createElement("button");
      remove.type = "button";
      remove.setAttribute("aria-label", `${row.dataset.saidRemove} ${name}`);
      remove.textContent = "×";
      remove.addEventListener("click", () => {
        write(read().filter((kept) => !same(kept, player)));
        draw();
      });
      chip.append(use, remove);
      return chip;
    }),
  );
}

document.addEventListener("player:keep", (event) => write([event.detail, ...read().filter((kept) => !same(kept, event.detail))]));
if (row) draw();

// Players of the account come with the page, and are used the same way.
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-player]");
  if (chip) document.dispatchEvent(new CustomEvent("player:use", { detail: JSON.parse(chip.dataset.player) }));
});
