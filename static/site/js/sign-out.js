// Signing out leaves nothing of the workspace in this browser: drafts that were kept for work without
// a connection, inputs of test runs and unsent comments are deleted first. A session that merely ended keeps them, for they may be unsaved.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-sign-out]") || form.dataset.signOut === "now") return;
  event.preventDefault();
  form.dataset.signOut = "now";
  await Promise.race([forgetDrafts().catch(() => undefined), pause(2000)]);
  form.requestSubmit();
});

async function forgetDrafts() {
  for (const key of Object.keys(localStorage)) if (key.startsWith("auterity-")) localStorage.removeItem(key);
  const all = await indexedDB.databases();
  const drafts = all.filter(({ name }) => name.startsWith("auterity/"));
  await Promise.all(drafts.map(({ name }) => deleted(name)));
}

function deleted(name) {
  return new Promise((done) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = done;
  });
}

function pause(ms) {
  return new Promise((done) => { setTimeout(done, ms); });
}
