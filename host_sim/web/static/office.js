// What is nicer with a script; every page works without it.

// A form is sent once, however often its button is pressed; going back makes the button good again.
addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  if (button) setTimeout(() => { button.disabled = true; });
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("form button[disabled]")) button.disabled = false;
});

// The amount follows the quantity, as long as nobody typed another one.
const quantity = document.querySelector("input[data-unit]");
const amount = document.querySelector("input[name=amount]");
if (quantity && amount) {
  let typed = false;
  amount.addEventListener("input", () => { typed = true; });
  quantity.addEventListener("input", () => {
    const whole = Number(quantity.value) === Number(quantity.max);
    const most = Number(quantity.dataset.most);
    const fen = whole ? most : Math.min(most, Number(quantity.value) * Number(quantity.dataset.unit));
    if (!typed && fen > 0) amount.value = (fen / 100).toFixed(2);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
