// The playground: asks each column its model and shows words, figures and errors as they come.
const root = document.getElementById("playground");
const byId = (id) => document.getElementById(id);
const columns = [...root.querySelectorAll(".play-column")];
const begun = JSON.parse(byId("begun").textContent);
const PLACE = /\{\{\s*([a-z][a-z0-9_]{0,62})\s*\}\}/g;
const token = () => document.querySelector("meta[name=csrf-token]").content;
const running = new Map();
let variables = new Map(begun.variables.map((each) => [each.name, each]));

// ---- the question

function fillIn() {
  const messages = [...begun.messages];
  if (messages[0]?.role === "system") byId("play-system").value = messages.shift().content;
  if (messages.at(-1)?.role === "user") byId("play-user").value = messages.pop().content;
  for (const message of messages) addBetween(message);
  byId("play-temperature").value = begun.params.temperature ?? "";
  byId("play-tokens").value = begun.params.max_tokens ?? "";
  showVariables();
}

function addBetween({ role, content }) {
  const field = document.createElement("div");
  field.className = "field";
  const label = document.createElement("label");
  const words = document.createElement("textarea");
  label.textContent = role;
  label.htmlFor = words.id = `play-between-${byId("play-between").children.length}`;
  words.className = "mono";
  words.rows = 3;
  words.value = content;
  words.dataset.role = role;
  field.append(label, words);
  byId("play-between").append(field);
}

function messages() {
  const between = [...byId("play-between").querySelectorAll("textarea")];
  const said = [
    { role: "system", content: byId("play-system").value },
    ...between.map((each) => ({ role: each.dataset.role, content: each.value })),
    { role: "user", content: byId("play-user").value },
  ];
  return said.filter(({ content }) => content.trim());
}

function content() {
  const number = (id) => (byId(id).value === "" ? null : Number(byId(id).value));
  const named = new Set(names());
  return {
    messages: messages(),
    variables: [...variables.values()].filter(({ name }) => named.has(name) || begun.variables.some((each) => each.name === name)),
    params: { temperature: number("play-temperature"), max_tokens: number("play-tokens") },
  };
}

function names() {
  return messages().flatMap(({ content }) => [...content.matchAll(PLACE)].map((found) => found[1]));
}

// A variable that is named has a place to fill in; what was filled in stays while people write.
function showVariables() {
  const place = byId("play-variables").querySelector("div");
  const wanted = [...new Set([...begun.variables.map(({ name }) => name), ...names()])];
  for (const row of [...place.children]) if (!wanted.includes(row.dataset.name)) row.remove();
  for (const name of wanted) {
    if (!variables.has(name)) variables.set(name, { name, type: "text", required: true, default: null, description: "" });
    if (![...place.children].some((row) => row.dataset.name === name)) place.append(variableRow(variables.get(name)));
  }
  byId("play-variables").hidden = !wanted.length;
}

function variableRow({ name, type, required, default: usual, description }) {
  const field = document.createElement("div");
  field.className = "field";
  field.dataset.name = name;
  const label = document.createElement("label");
  const input = document.createElement(type === "text" ? "textarea" : "input");
  label.textContent = `${name} `;
  const kind = document.createElement("span");
  kind.className = "optional";
  kind.textContent = required && usual === null ? type : `${type}, optional`;
  label.append(kind);
  label.htmlFor = input.id = `play-variable-${name}`;
  if (type === "text") input.rows = 2;
  input.className = type === "text" ? "" : "mono";
  input.placeholder = usual === null ? "" : typeof usual === "string" ? usual : JSON.stringify(usual);
  field.append(label, input);
  if (description) {
    const help = document.createElement("p");
    help.className = "field-help";
    help.textContent = description;
    field.append(help);
  }
  return field;
}

function values() {
  const found = {};
  for (const row of byId("play-variables").querySelectorAll("[data-name]")) {
    const text = row.querySelector("input, textarea").value;
    if (text !== "") found[row.dataset.name] = valueOf(text, variables.get(row.dataset.name).type);
  }
  return found;
}

function valueOf(text, type) {
  if (type === "text") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // the server says what does not fit
  }
}

// ---- asking

function askAll() {
  const question = { content: content(), values: values(), prompt: root.dataset.reference };
  for (const column of columns.filter((each) => !each.hidden)) void askModel(column, question);
}

async function askModel(column, question) {
  stop(column);
  const stopper = new AbortController();
  running.set(column, stopper);
  begin(column);
  try {
    const answer = await fetch(root.dataset.ask, {
      method: "POST",
      headers: { "Accept": "text/event-stream", "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ ...question, model: column.querySelector("select").value }),
      signal: stopper.signal,
    });
    if (!answer.ok) throw new Error(await problemOf(answer));
    await read(answer.body, column);
  } catch (error) {
    fail(column, stopper.signal.aborted ? "Stopped. What was said until then is paid for." : wordsOf(error));
  } finally {
    if (running.get(column) === stopper) {
      running.delete(column);
      showState(column);
    }
  }
}

async function problemOf(answer) {
  const told = await answer.json().catch(() => ({}));
  return told.message ?? told.detail ?? `The server answered ${answer.status}.`;
}

const wordsOf = (error) => (error instanceof TypeError ? "The server cannot be reached." : error.message);

async function read(body, column) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.replace(/^data: /, "");
      if (data && data !== "[DONE]") take(JSON.parse(data), column);
    }
  }
}

function take(chunk, column) {
  if (chunk.type === "text-delta") column.querySelector("[data-words]").append(chunk.delta);
  else if (chunk.type === "error") fail(column, chunk.errorText);
  else if (chunk.type === "finish") showFigures(column, chunk.messageMetadata);
}

function stop(column) {
  running.get(column)?.abort();
}

// ---- a column

function begin(column) {
  column.querySelector("[data-words]").replaceChildren();
  column.querySelector("[data-error]").hidden = true;
  column.querySelector("[data-figures]").hidden = true;
  const rest = column.querySelector("[data-rest]");
  rest.textContent = "Waiting for the first word…";
  showState(column);
}

function fail(column, words) {
  const place = column.querySelector("[data-error]");
  place.textContent = words;
  place.hidden = false;
}

function showState(column) {
  const isRunning = running.has(column);
  const said = column.querySelector("[data-words]").childNodes.length > 0;
  const failed = !column.querySelector("[data-error]").hidden;
  column.querySelector("[data-rest]").hidden = said || failed || !isRunning;
  column.querySelector("[data-stop]").hidden = !isRunning;
  column.toggleAttribute("aria-busy", isRunning);
  byId("play-stop").hidden = !running.size;
}

function showFigures(column, told) {
  const set = (name, text) => (column.querySelector(`[data-figure=${name}]`).textContent = text);
  const ms = (value) => (value === null ? "–" : `${value.toLocaleString()} ms`);
  set("cost", told.cost_usd === null ? "not known" : `$${trimmed(told.cost_usd)}`);
  set("tokens", `${told.estimated ? "~" : ""}${told.input_tokens.toLocaleString()} + ${told.output_tokens.toLocaleString()}`);
  set("first", ms(told.ttft_ms));
  set("all", ms(told.latency_ms));
  const link = document.createElement("a");
  link.className = "link";
  link.href = `${root.dataset.calls}${told.call}/`;
  link.textContent = told.model || told.provider;
  column.querySelector("[data-figure=model]").replaceChildren(link, told.cache === "hit" ? ", from the cache" : "");
  column.querySelector("[data-figures]").hidden = false;
}

const trimmed = (amount) => (amount.includes(".") ? amount.replace(/\.?0+$/, "") : amount);

function showColumns() {
  byId("play-add").hidden = columns.every((each) => !each.hidden);
}

// ---- saving

async function save(event) {
  event.preventDefault();
  const slug = byId("save-slug").value.trim();
  const body = { content: content(), notes: byId("save-notes").value };
  const known = [...(byId("play-prompt")?.options ?? [])].some(({ value }) => value === slug);
  const versions = `${root.dataset.library}${slug}/versions/`;
  const answer = known ? await post(versions, body) : await post(root.dataset.library, { ...body, slug });
  if (answer.ok) {
    location.assign(`${root.dataset.prompts}${slug}/`);
    return;
  }
  const told = await answer.json().catch(() => ({}));
  byId("save-problem").textContent = told.errors?.map(({ message }) => message).join(" ") || told.detail || "It could not be saved.";
  byId("save-problem").hidden = false;
}

function post(url, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token() };
  return fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
}

// ---- what people do

byId("play-form").addEventListener("submit", (event) => {
  event.preventDefault();
  askAll();
});
byId("play-form").addEventListener("input", (event) => {
  if (!event.target.closest("#play-variables")) showVariables();
});
byId("play-form").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("play-form").requestSubmit();
});
byId("play-stop").addEventListener("click", () => columns.forEach(stop));
byId("play-add").addEventListener("click", () => {
  const column = columns.find((each) => each.hidden);
  column.hidden = false;
  column.querySelector("select").focus();
  showColumns();
});
root.addEventListener("click", (event) => {
  const column = event.target.closest(".play-column");
  if (event.target.closest("[data-stop]")) stop(column);
  if (!event.target.closest("[data-remove]")) return;
  stop(column);
  column.hidden = true;
  showColumns();
});
byId("play-save-form")?.addEventListener("submit", (event) => void save(event));
if (byId("save-slug")) byId("save-slug").value = root.dataset.reference.split("@")[0];

fillIn();
showColumns();
