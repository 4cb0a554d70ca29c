// Keys of a list of rows: j and k go down and up, Enter opens, x ticks, ? tells them. Single letters
// act nowhere in fields or dialogs, and not at all where they were switched off, here or in the studio.
const LETTERS = "auterity-letter-keys";
const rowLinks = () => [...document.querySelectorAll("[data-row-keys] tbody .name")];
const tickBeside = (element) => element?.closest("tr")?.querySelector("input[type=checkbox]");

function toRow(step) {
  const links = rowLinks(), at = links.findIndex((each) => each.closest("tr").contains(document.activeElement));
  links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
}

const rowKeys = {
  j: () => toRow(1),
  k: () => toRow(-1),
  x: () => tickBeside(document.activeElement)?.click(),
  "?": () => openDialog(document.getElementById("row-keys")),
};

document.addEventListener("keydown", (event) => {
  const { target, key } = event, run = rowKeys[key];
  // A tick box takes no letters, so they may mean the row that it stands in.
  const writes = target.isContentEditable || target.matches("input:not([type=checkbox]), select, textarea");
  if (!run || event.ctrlKey || event.metaKey || event.altKey || writes || event.defaultPrevented) return;
  if (localStorage.getItem(LETTERS) === "off" || document.querySelector("dialog:modal") || !document.querySelector("[data-row-keys]")) return;
  event.preventDefault();
  run();
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-letter-keys]")) localStorage.setItem(LETTERS, target.checked ? "on" : "off");
});

document.addEventListener("htmx:load", () => {
  for (const each of document.querySelectorAll("[data-letter-keys]")) each.checked = localStorage.getItem(LETTERS) !== "off";
});
