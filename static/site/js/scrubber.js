// The bar under a run's steps shows them as they stood at an earlier moment. The server has drawn the run as it is now
// and numbered the bars by events; here bars are only hidden, cut and shown again. What is shown is one moment in
// seconds and the number of the last event by then; no moment is the end, and now in a run that goes on.
const GAP_PLAYED_MS = 1500; // a folded time is crossed in this, at any speed
const LONGEST_FRAME_MS = 250; // a window that was out of sight does not jump
const ADDRESS_MS = 250; // browsers refuse an address that changes with every frame
const LIES_AHEAD = "not reached yet";
const SVG = "http://www.w3.org/2000/svg";
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

let told = null; // what the server says of the run, with the rows of the page
let moment = null; // { at, seq }
let speed = 1, frame = 0, before = 0, played = 0, addressing = 0;
let isFresh = true; // the address says the moment

// ---- time and place; each stretch between two points of the axis is straight

function between(points, value, from, to) {
  for (let place = 1; place < points.length; place += 1) {
    const a = points[place - 1], b = points[place];
    if (value > b[from] && place < points.length - 1) continue;
    const share = b[from] === a[from] ? 1 : (value - a[from]) / (b[from] - a[from]);
    return a[to] + Math.min(1, Math.max(0, share)) * (b[to] - a[to]);
  }
  return 0;
}

const placeOf = (at) => between(told.axis, at, 0, 1);
const secondsOf = (place) => between(told.axis, place, 1, 0);
const lengthOf = () => told.axis.at(-1)[0];

function stopsUntil(place, value) {
  let low = 0, high = told.stops.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (told.stops[middle][place] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const lastSeq = (count) => (count ? told.stops[count - 1][0] : 0);
const shownAt = () => moment?.at ?? lengthOf();
const shownSeq = () => moment?.seq ?? told.total;
const countShown = () => (moment ? stopsUntil(0, moment.seq) : told.stops.length);

// Where the play is after so many milliseconds: every second stretch of the axis is a folded time.
function playedOn(axis, at, passed, times) {
  let place = 0;
  while (place < axis.length - 2 && at >= axis[place + 1][0]) place += 1;
  const from = axis[place][0], to = axis[place + 1][0];
  const pace = place % 2 ? (to - from) / GAP_PLAYED_MS : times / 1000;
  return Math.min(to, at + passed * pace);
}

// ---- in words

function clockFace(seconds) {
  const digits = lengthOf() < 10 ? 2 : 1;
  const cut = Math.round(seconds * 10 ** digits) / 10 ** digits;
  const hours = Math.floor(cut / 3600), minutes = Math.floor(cut / 60) % 60;
  const rest = (cut % 60).toFixed(digits).padStart(3 + digits, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function inWords(seconds) {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const whole = Math.floor(seconds), hours = Math.floor(whole / 3600), days = Math.floor(hours / 24);
  if (days) return `${days} d ${hours % 24} h`;
  return hours ? `${hours} h ${Math.floor(whole / 60) % 60} m` : `${Math.floor(whole / 60)} m ${whole % 60} s`;
}

const counted = (number) => number.toLocaleString("en");
const eventWords = () => `event ${counted(shownSeq())} of ${counted(told.total)}`;

function momentWords() {
  const [, , row, what] = told.stops[countShown() - 1] ?? [0, 0, -1, "not begun"];
  const name = row < 0 ? "Run" : told.titles[row];
  const now = told.live && !moment ? "Now, " : "";
  return `${now}${inWords(shownAt())}, ${eventWords()}: ${name}, ${what}`;
}

// ---- rows

const percent = (element, name) => parseFloat(element.getAttribute(name));
const spanOf = (element) => ({ x: percent(element, "x"), width: percent(element, "width") });

function readBar(element) {
  const { begun, ended } = element.dataset, looks = element.classList;
  return {
    element, ...spanOf(element), look: "", waits: looks.contains("wait"), isBad: looks.contains("bad"),
    begun: Number(begun), ended: ended === undefined ? Infinity : Number(ended),
  };
}

function readRow(element) {
  const status = element.querySelector(".wf-status"), took = element.querySelector(".wf-took");
  return {
    element, status, took, look: "",
    place: -1, // among the steps; tries are no steps
    title: element.querySelector(".wf-name .one-line")?.textContent ?? "",
    bars: [...element.querySelectorAll(".bar")].map(readBar),
    pauses: [...element.querySelectorAll(".backoff")].map((each) => ({ element: each, ...spanOf(each) })),
    ticks: [...element.querySelectorAll(".lost-tick")],
    finally: { status: status?.textContent ?? "", took: took.textContent, isUnreached: element.classList.contains("unreached") },
  };
}

function readRows() {
  const rows = [...document.querySelectorAll("#run-waterfall .wf-row:not(.wf-axis)")].map(readRow);
  rows.filter(({ element }) => element.id).forEach((row, place) => { row.place = place; });
  return rows;
}

// How a row stood: "" as it is now, "ahead" not begun, else the word for what went on.
function stateOf(row, seq, lastWord) {
  const begun = row.bars.filter((bar) => bar.begun <= seq);
  if (!begun.length) return row.bars.length || !lastWord ? "ahead" : "";
  const last = begun.at(-1);
  if (seq < last.ended) return last.waits ? "waiting" : "running";
  if (begun.length === row.bars.length) return "";
  return last.isBad ? "retrying" : "queued";
}

function showRow(row, seq, place, lastWord) {
  const state = moment ? stateOf(row, seq, lastWord) : "";
  for (const bar of row.bars) showBar(bar, seq, place);
  for (const { element, x, width } of row.pauses) {
    element.setAttribute("width", `${moment ? Math.max(0, Math.min(width, place - x)) : width}%`);
  }
  for (const tick of row.ticks) tick.classList.toggle("ahead", moment !== null && percent(tick, "x1") > place);
  showWords(row, state);
}

function showWords(row, state) {
  const goesOn = state !== "" && state !== "ahead";
  const took = goesOn ? inWords(Math.max(0, moment.at - secondsOf(row.bars[0].x))) : state ? "–" : row.finally.took;
  if (row.look === `${state} ${took}`) return;
  row.look = `${state} ${took}`;
  row.took.textContent = took;
  if (row.status) row.status.textContent = state === "ahead" ? LIES_AHEAD : state || row.finally.status;
  row.element.classList.toggle("unreached", state ? state === "ahead" : row.finally.isUnreached);
  row.element.classList.toggle("not-over", state !== "");
}

function showBar(bar, seq, place) {
  const look = !moment || seq >= bar.ended ? "" : seq < bar.begun ? "ahead" : "going";
  if (look !== bar.look) {
    bar.element.classList.toggle("ahead", look === "ahead");
    bar.element.classList.toggle("going", look === "going");
  }
  if (look === "going") bar.element.setAttribute("width", `${Math.max(0.35, Math.min(bar.width, place - bar.x))}%`);
  else if (look !== bar.look) bar.element.setAttribute("width", `${bar.width}%`);
  bar.look = look;
}

// ---- the bar

const part = (name) => document.querySelector(`#run-scrubber ${name}`);

function show() {
  const place = placeOf(shownAt()), seq = shownSeq(), count = countShown();
  const words = new Map(told.stops.slice(0, moment ? count : 0).map(([, , row, what]) => [row, what]));
  for (const row of told.rows) showRow(row, seq, place, words.get(row.place));
  for (const name of ["x1", "x2"]) told.line.setAttribute(name, `${place}%`);
  told.head.setAttribute("cx", `${place}%`);
  const range = part(".scrubber-range");
  range.value = (place * 100) / told.axis.at(-1)[1];
  range.setAttribute("aria-valuetext", momentWords());
  part(".scrubber-time").textContent = clockFace(shownAt());
  part(".scrubber-event").textContent = eventWords();
  part("[data-scrub=back]").disabled = count <= 1;
  part("[data-scrub=on]").disabled = !moment;
  part(".scrubber-leave").setAttribute("aria-pressed", String(!moment));
  document.getElementById("run-scrubber").classList.toggle("moved", moment !== null);
}

function drawn(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function drawTrack() {
  const bars = told.segments.map(([x, width, colour]) =>
    drawn("rect", { class: `bar ${colour}`, x: `${x}%`, width: `${width}%`, y: 6, height: 8, rx: 2 }));
  part(".scrubber-segments").replaceChildren(...bars);
}

function drawPlayhead() {
  const svg = drawn("svg", { class: "wf-playhead", "aria-hidden": "true" });
  told.line = drawn("line", { y1: 28, y2: "100%" });
  told.head = drawn("circle", { cy: 31, r: 4 });
  svg.append(told.line, told.head);
  document.querySelector("#run-waterfall .wf-rows").append(svg);
}

// The live page asks for the steps anew, and a click on one for all of the page: what is shown stays.
function takeOver() {
  const data = document.getElementById("run-scrubber-data"), bar = document.getElementById("run-scrubber");
  if (!data || !bar) {
    halt();
    told = null;
    return;
  }
  if (told?.data === data && !bar.hidden) return;
  told = { ...JSON.parse(data.textContent), data, rows: readRows() };
  told.titles = told.rows.filter((row) => row.place >= 0).map((row) => row.title);
  drawTrack();
  drawPlayhead();
  bar.hidden = false;
  const leave = part(".scrubber-leave");
  leave.textContent = told.live ? "Live" : "To the end";
  leave.classList.toggle("is-live", told.live);
  part(".scrubber-event").style.minWidth = `${`event ${counted(told.total)} of ${counted(told.total)}`.length}ch`;
  part(".scrubber-time").style.minWidth = `${clockFace(lengthOf()).length}ch`;
  showSpeed();
  if (isFresh) moment = momentOfAddress();
  isFresh = false;
  show();
}

// ---- the address; who gets it sees the same moment

function momentOfAddress() {
  const asked = Number(new URLSearchParams(location.search).get("at"));
  if (!Number.isInteger(asked) || asked < 1 || (asked >= told.total && !told.live)) return null;
  return atStop(stopsUntil(0, asked));
}

function addressed(address) {
  const url = new URL(address, location.href);
  if (moment) url.searchParams.set("at", moment.seq);
  else url.searchParams.delete("at");
  return url;
}

function keepAddress() {
  clearTimeout(addressing);
  addressing = setTimeout(() => {
    if (told && !frame) history.replaceState(history.state, "", addressed(location.href));
  }, ADDRESS_MS);
}

// ---- moving

const atStop = (count) => (count ? { at: told.stops[count - 1][1], seq: told.stops[count - 1][0] } : null);

function moveTo(seconds) {
  moment = seconds < lengthOf() ? { at: Math.max(0, seconds), seq: lastSeq(stopsUntil(1, seconds)) } : null;
  show();
  keepAddress();
}

// After the last event of a run there is only its end, and now where it goes on.
function stepBy(by) {
  const count = moment || by < 0 ? countShown() + by : told.stops.length;
  const isEnd = count >= told.stops.length;
  moment = isEnd ? null : atStop(Math.max(1, count));
  show();
  keepAddress();
}

const moveToPlace = (share) => moveTo(share >= 1 ? Infinity : secondsOf(share * told.axis.at(-1)[1]));

function halt() {
  cancelAnimationFrame(frame);
  frame = 0;
  showSpeed();
  keepAddress();
}

function play() {
  if (!moment) moveTo(0);
  played = shownAt();
  before = performance.now();
  frame = requestAnimationFrame(playFrame);
  showSpeed();
}

// Who wants little motion sees it go from event to event.
function playFrame(now) {
  if (!told || !moment) return halt();
  played = playedOn(told.axis, played, Math.min(now - before, LONGEST_FRAME_MS), speed);
  before = now;
  if (!calm.matches || played >= lengthOf() || lastSeq(stopsUntil(1, played)) !== shownSeq()) moveTo(played);
  if (!moment) return halt();
  frame = requestAnimationFrame(playFrame);
}

function showSpeed() {
  const bar = document.getElementById("run-scrubber");
  if (!bar) return;
  bar.classList.toggle("playing", frame !== 0);
  part("[data-scrub=play]").setAttribute("aria-label", frame ? "Pause" : "Play");
  for (const each of bar.querySelectorAll("[data-speed]")) each.setAttribute("aria-pressed", String(Number(each.dataset.speed) === speed));
}

const scrubs = {
  play: () => (frame ? halt() : play()),
  back: () => (halt(), stepBy(-1)),
  on: () => (halt(), stepBy(1)),
  begin: () => (halt(), moveTo(0)),
  leave: () => (halt(), moveTo(Infinity)),
};
const SCRUB_KEYS = {
  ArrowLeft: "back", ArrowDown: "back", ArrowRight: "on", ArrowUp: "on", Home: "begin", End: "leave", Escape: "leave", " ": "play",
};

document.addEventListener("keydown", (event) => {
  const does = told && event.target.matches(".scrubber-range") && SCRUB_KEYS[event.key];
  if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  scrubs[does]();
});

document.addEventListener("input", ({ target }) => {
  if (!told || !target.matches(".scrubber-range")) return;
  halt();
  moveToPlace(Number(target.value) / 100);
});

document.addEventListener("click", ({ target }) => {
  if (!told) return;
  const button = target.closest("#run-scrubber button");
  if (button?.dataset.scrub) scrubs[button.dataset.scrub]();
  if (button?.dataset.speed) {
    speed = Number(button.dataset.speed);
    showSpeed();
  }
});

// Links of the page lead to the same moment, whether htmx follows them or the browser does.
document.addEventListener("click", ({ target }) => {
  const link = told && target.closest(".run-page a[href^='?']");
  if (link) link.href = addressed(link.href).search || "?";
}, true);

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!told || !detail.elt.matches(".wf-row")) return;
  const { pathname, search } = addressed(detail.path);
  detail.path = pathname + search;
});

// The axis is a track, too: on a phone it is how one begins.
document.addEventListener("pointerdown", (event) => {
  const axis = told && event.button === 0 && event.target.closest(".wf-axis .wf-plot");
  if (!axis) return;
  const { left, width } = axis.getBoundingClientRect();
  const follow = ({ clientX }) => moveToPlace(((clientX - left) / width) * (100 / told.axis.at(-1)[1]));
  const end = () => {
    document.removeEventListener("pointermove", follow);
    for (const type of ["pointerup", "pointercancel"]) document.removeEventListener(type, end);
  };
  halt();
  follow(event);
  document.addEventListener("pointermove", follow);
  for (const type of ["pointerup", "pointercancel"]) document.addEventListener(type, end);
});

window.addEventListener("popstate", () => { isFresh = true; });
document.addEventListener("htmx:load", takeOver);
