// Sends an archive in pieces, each after the answer to the one before; a lost answer is asked for again.
const form = document.getElementById("archive-form");
const TRIES = 3;

async function answerOf(path, options) {
  const token = document.querySelector("meta[name=csrf-token]").content;
  const answer = await fetch(path, {
    ...options,
    headers: { "X-CSRFToken": token, Accept: "application/json", ...options.headers },
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.errors?.[0]?.message ?? told.detail);
  return told;
}

async function sendPiece(path, piece) {
  for (let left = TRIES; ; left -= 1) {
    try {
      const headers = { "Content-Type": "application/octet-stream" };
      return await answerOf(path, { method: "PUT", body: piece, headers });
    } catch (error) {
      if (!(error instanceof TypeError) || left <= 1) throw error;
    }
  }
}

async function sendArchive(file, progress) {
  const size = Number(form.dataset.piece);
  const begun = await answerOf(form.dataset.api, {
    method: "POST",
    body: JSON.stringify({ file_name: file.name }),
    headers: { "Content-Type": "application/json" },
  });
  for (let at = 0, number = 1; at < file.size; at += size, number += 1) {
    await sendPiece(`${form.dataset.api}${begun.id}/pieces/${number}/`, file.slice(at, at + size));
    progress.value = Math.min(100, (100 * (at + size)) / file.size);
  }
  return begun.id;
}

form?.addEventListener("submit", async (event) => {
  const file = form.querySelector("input[type=file]").files[0];
  if (!file) return;
  event.preventDefault();
  const [button, progress] = [form.querySelector("button"), form.querySelector("progress")];
  const error = document.getElementById("archive-error");
  button.disabled = true;
  progress.hidden = false;
  error.hidden = true;
  try {
    location.assign(`${form.dataset.page}${await sendArchive(file, progress)}/`);
  } catch (reason) {
    error.textContent = reason.message;
    error.hidden = false;
    progress.hidden = true;
    button.disabled = false;
  }
});
