// Ticks in a list: how many there are, all of a page at once, none. The bar of what may be done to
// them is shown by the style sheet while any is ticked.
const ticksOf = (name) => [...document.querySelectorAll(`input[type=checkbox][name="${name}"]`)];

function tell(name) {
  const ticks = ticksOf(name), ticked = ticks.filter((each) => each.checked).length;
  for (const each of document.querySelectorAll(`[data-ticked="${name}"]`)) each.textContent = ticked;
  for (const all of document.querySelectorAll(`[data-tick-all="${name}"]`)) {
    all.checked = ticked > 0 && ticked === ticks.length;
    all.indeterminate = ticked > 0 && ticked < ticks.length;
  }
}

document.addEventListener("change", ({ target }) => {
  const name = target.dataset.tickAll ?? target.name;
  if (target.dataset.tickAll) for (const each of ticksOf(name)) each.checked = target.checked;
  if (target.type === "checkbox") tell(name);
});

document.addEventListener("click", ({ target }) => {
  const name = target.closest("[data-untick]")?.dataset.untick;
  if (!name) return;
  for (const each of ticksOf(name)) each.checked = false;
  tell(name);
});

document.addEventListener("htmx:load", () => tell("ids"));
