// The search of every page: Ctrl K opens it, arrows go through what was found, Enter opens the first.
const jump = document.getElementById("jump");
const jumpInput = jump?.querySelector("input");

const hits = () => [...jump.querySelectorAll("[data-hit]")];

if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll(".jump-button kbd")) key.textContent = "⌘ K";
}

// Its button opens it as it does any dialog; what was found last time may be gone since.
new MutationObserver(() => {
  if (!jump.open) return;
  jumpInput.select();
  window.htmx.trigger(jumpInput.form, "jump-opened");
}).observe(jump ?? document.createElement("dialog"), { attributeFilter: ["open"] });

document.addEventListener("keydown", (event) => {
  const wanted = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (!jump || !wanted || event.defaultPrevented) return;
  event.preventDefault();
  if (jump.open) jump.close();
  else if (!document.querySelector("dialog:modal")) jump.showModal();
});

jump?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    event.preventDefault(); // of a search field it would only empty the field
    jump.close();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [jumpInput, ...hits()];
  all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
});

jumpInput?.form.addEventListener("submit", (event) => {
  const [first] = hits();
  if (!first || jumpInput.value.trim() === "") return;
  event.preventDefault();
  first.click();
});
