// Dialogs: data-dialog="<id>" opens one, data-close closes it, a click beside it too.
// A dialog that the server sends open (its form had errors) becomes modal here.
function openDialog(dialog) {
  if (dialog.open) dialog.close();
  dialog.showModal();
  dialog.querySelector("[aria-invalid=true], [autofocus]")?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dialog]");
  if (button) {
    const dialog = document.getElementById(button.dataset.dialog);
    button.closest("[popover]")?.hidePopover();
    if (dialog) {
      event.preventDefault();
      openDialog(dialog);
    }
  } else if (event.target.closest("[data-close]") || event.target.matches("dialog.dialog:modal")) {
    event.target.closest("dialog")?.close();
  }
});

for (const dialog of document.querySelectorAll("dialog[open]")) openDialog(dialog);
