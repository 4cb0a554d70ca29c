// Menus are popovers; this puts each beside the button that opened it. Without it they open centred.
let opener = null;

document.addEventListener("click", (event) => {
  opener = event.target.closest("[popovertarget]") ?? opener;
}, true);

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches(".menu")) return;
  const buttons = document.querySelectorAll(`[popovertarget="${menu.id}"]`);
  const button = opener?.getAttribute("popovertarget") === menu.id ? opener : buttons[0];
  const open = event.newState === "open";
  for (const each of buttons) each.setAttribute("aria-expanded", String(open && each === button));
  if (open && button) place(menu, button.getBoundingClientRect());
}, true);

function place(menu, anchor) {
  const gap = 4, edge = 8;
  const { offsetWidth: width, offsetHeight: height } = menu;
  const toRight = anchor.left + width + edge <= innerWidth;
  const left = toRight && !menu.matches(".from-right") ? anchor.left : anchor.right - width;
  const below = anchor.bottom + gap + height + edge <= innerHeight;
  const top = below ? anchor.bottom + gap : anchor.top - gap - height;
  menu.style.left = `${Math.max(edge, left)}px`;
  menu.style.top = `${Math.max(edge, top)}px`;
}

// A menu stands still in the window: what scrolls under it closes it.
document.addEventListener("scroll", (event) => {
  for (const menu of document.querySelectorAll(".menu:popover-open")) {
    if (!menu.contains(event.target)) menu.hidePopover();
  }
}, { capture: true, passive: true });

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu:popover-open");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const items = [...menu.querySelectorAll(".menu-item")];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  items.at(to % items.length)?.focus();
  event.preventDefault();
});
