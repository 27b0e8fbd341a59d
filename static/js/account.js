// Topping up: a usual amount is one tap; the server then says the totals.

const amount = document.getElementById("amount");
document.addEventListener("click", (event) => {
  const usual = event.target.closest("[data-amount]");
  if (!usual) return;
  amount.value = usual.dataset.amount;
  amount.dispatchEvent(new Event("input", { bubbles: true }));
});

// New totals do not fold what was unfolded.
const ways = document.getElementById("ways");
let unfolded = [];
const groups = () => [...ways.querySelectorAll("details")];
ways.addEventListener("htmx:beforeSwap", () => (unfolded = groups().map((group) => group.open)));
ways.addEventListener("htmx:afterSwap", () => groups().forEach((group, place) => (group.open = unfolded[place] ?? group.open)));
