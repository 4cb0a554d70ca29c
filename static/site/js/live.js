// Keeps runs and counters true while a page is open. Everything shown was rendered by the server;
// here the page only hears that something happened and lets htmx ask for that part anew.
const REFRESH_MS = 200, CLOCK_MS = 1000, LONGEST_PAUSE_MS = 15_000, MOST_RUNS = 20;

const SETTLED_MS = 2000; // who is not let in is told so sooner

let socket = null, failures = 0, opened = 0;
const followed = new Map(); // run id -> seq of the last event we know
const due = new Set(); // run ids whose parts will be asked for in a moment

function refreshRun(run) {
  if (due.has(run)) return;
  due.add(run);
  setTimeout(() => {
    due.delete(run);
    for (const part of document.querySelectorAll(`[data-run="${run}"]`)) window.htmx.trigger(part, "run-changed");
  }, REFRESH_MS);
}

function send(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

// What the page shows decides what is followed: called at the start and after every swap.
function follow() {
  const shown = new Map();
  for (const part of document.querySelectorAll("[data-run]")) {
    if (shown.size < MOST_RUNS) shown.set(part.dataset.run, Number(part.dataset.seq));
  }
  for (const run of followed.keys()) {
    if (shown.has(run)) continue;
    followed.delete(run);
    send({ type: "unsubscribe", run });
  }
  for (const [run, seq] of shown) {
    if (followed.has(run)) continue;
    followed.set(run, seq);
    send({ type: "subscribe", run, after: seq });
  }
}

const MOST = 100; // the server counts no further

function count(place, number) {
  for (const each of document.querySelectorAll(`[data-count="${place}"]`)) {
    each.textContent = number < MOST ? number : `${MOST - 1}+`;
    each.hidden = number === 0;
  }
}

const takers = {
  event({ run, event }) {
    followed.set(run, event.seq);
    refreshRun(run);
  },
  token({ node, text }) {
    const place = document.querySelector(`[data-live-text="${CSS.escape(node)}"]`);
    if (!place) return;
    place.hidden = false;
    place.append(text);
  },
  counts({ running, approvals, notifications }) {
    count("runs:list", running);
    count("runs:approvals", approvals);
    count("notifications:list", notifications);
    window.htmx.trigger(document.body, "runs-changed");
  },
  services() {
    window.htmx.trigger(document.body, "services-changed");
  },
  error() {},
};

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live`);
  socket.addEventListener("open", () => {
    failures = 0;
    opened = Date.now();
    send({ type: "subscribe_counts" });
    for (const [run, seq] of followed) send({ type: "subscribe", run, after: seq });
  });
  socket.addEventListener("message", ({ data }) => {
    const frame = JSON.parse(data);
    takers[frame.type]?.(frame);
  });
  socket.addEventListener("close", ({ code }) => {
    // Signed out: the next click leads to the sign-in. Whoever was let in may be so again, since a
    // fresh proof in another window gives the session another key.
    if (code === 4401 && Date.now() - opened < SETTLED_MS) return;
    failures += 1;
    const pause = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures);
    setTimeout(connect, pause * (0.5 + Math.random()));
  });
}

// Bars of what runs now grow between events, too.
setInterval(() => {
  for (const part of document.querySelectorAll('[data-clock="1"]')) refreshRun(part.dataset.run);
}, CLOCK_MS);

document.addEventListener("htmx:load", follow);
if (document.querySelector("[data-count]")) {
  follow();
  connect();
}
