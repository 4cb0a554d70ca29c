// Small things of every page: the CSRF token for htmx, "/" jumps to the search, selects that send their form, a form
// that was refused goes on at its first mistake, and where one is stays in sight in a navigation that is longer than
// the window, and among tabs that are wider than it.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  if (token) event.detail.headers["X-CSRFToken"] = token;
  if (event.detail.elt.matches("form.filters")) dropEmpty(event.detail);
});

// An address names only the filters that are set.
function dropEmpty(request) {
  for (const [name, value] of [...request.formData]) {
    if (value === "") request.formData.delete(name);
  }
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
  const search = document.querySelector(".filters input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-send]")) event.target.form.requestSubmit();
});

// What a form refused is where one goes on writing.
document.querySelector("[aria-invalid=true]")?.focus();

document.querySelector(".nav-groups [aria-current]")?.scrollIntoView({ block: "nearest" });
const showTab = () => document.querySelector(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
showTab();
document.addEventListener("htmx:afterSettle", (event) => event.target.matches("main") && showTab());
