// Ids of steps: `<type tail>_<5 random letters>`, so that `nodes.http_7k2qa.output` parses and two
// people who add the same type never collide. They never change.

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

/** Return an id for a new step of a type, not one of those taken. */
export function newId(type: string, taken: (id: string) => boolean): string {
  const tail = (type.split(".").at(-1) ?? "").toLowerCase().replace(/[^a-z0-9_]/g, "");
  const stem = /^[a-z]/.test(tail) ? tail.slice(0, 40) : "step";
  for (;;) {
    const id = `${stem}_${random()}`;
    if (!taken(id)) return id;
  }
}

function random(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(5));
  return Array.from(bytes, (byte) => LETTERS[byte & 31]).join("");
}

export function edgeId(edge: {
  source: string;
  source_port: string;
  target: string;
  target_port: string;
}): string {
  return `${edge.source}:${edge.source_port}>${edge.target}:${edge.target_port}`;
}
