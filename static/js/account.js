// Topping up: a usual amount is one tap; the server then says the totals.

const amount = document.getElementById("amount");
document.addEventListener("click", (event) => {
  const usual = event.target.closest("[data-amount]");
  if (!usual) return;
  amount.value = usual.dataset.amount;
  amount.dispatchEvent(new Event("input", { bubbles: true }));
});
