// Keeps relative times true while a page stays open; the server writes the first ones in the same words.
const MINUTE = 60, HOUR = 3600, DAY = 86400;

function ago(seconds) {
  if (seconds < 10) return "now";
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

function refreshTimes() {
  for (const element of document.querySelectorAll("time[data-ago]")) {
    const seconds = (Date.now() - Date.parse(element.dateTime)) / 1000;
    if (seconds < 60 * DAY) element.textContent = ago(seconds);
  }
}

setInterval(refreshTimes, 30_000);
