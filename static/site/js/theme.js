// Theme switch: the form also works without this script; with it the page does not reload.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-theme-switch]");
  const choice = event.submitter?.value;
  if (!form || choice === undefined) return;
  event.preventDefault();
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === choice));
  }
  fetch(form.action, { method: "POST", body: new FormData(form, event.submitter) });
});
