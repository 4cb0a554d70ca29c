// What the tests of co-editing share: a server of a few lines that speaks the y-websocket protocol and
// keeps a real document, and windows that open sockets to it.

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";

/** A socket's far end as the page sees it. */
class Line {
  readyState = 0;
  binaryType = "";
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  shown: number[] = [];

  constructor(
    readonly server: MeetingServer,
    readonly user: { id: string; name: string; colour: string },
  ) {}

  send(frame: Uint8Array): void {
    this.server.hear(this, frame);
  }

  close(code = 1005): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.server.lines.delete(this);
    this.onclose?.({ code });
  }

  say(...parts: (number | Uint8Array)[]): void {
    const encoder = encoding.createEncoder();
    for (const part of parts)
      if (typeof part === "number") encoding.writeVarUint(encoder, part);
      else encoding.writeVarUint8Array(encoder, part);
    this.onmessage?.({ data: encoding.toUint8Array(encoder).slice().buffer });
  }
}

export class MeetingServer {
  doc = new Y.Doc();
  readonly lines = new Set<Line>();
  /** Kinds of the frames that came, such as `sync 2`. */
  readonly heard: string[] = [];
  /** Whether writes are durable at once; else `store()` makes them so. */
  prompt = true;
  /** A socket that knocks is closed with this code. */
  refuses: number | null = null;
  #stored: Uint8Array = new Uint8Array([0]);
  #storedAnswer: Uint8Array = Y.encodeStateAsUpdate(new Y.Doc());

  /** Return what a window of somebody opens sockets with. */
  door(name: string): (url: string) => WebSocket {
    return () => {
      const line = new Line(this, { id: name.toLowerCase(), name, colour: "teal" });
      queueMicrotask(() => this.#welcome(line));
      return line as unknown as WebSocket;
    };
  }

  #welcome(line: Line): void {
    if (line.readyState === 3) return;
    line.readyState = 1;
    if (this.refuses !== null) {
      line.close(this.refuses);
      return;
    }
    this.lines.add(line);
    line.onopen?.();
    this.#note();
    line.say(0, 0, this.#stored);
  }

  hear(line: Line, frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame);
    const kind = decoding.readVarUint(decoder);
    if (kind === 1) {
      this.heard.push("awareness");
      this.#pass(line, decoding.readVarUint8Array(decoder));
      return;
    }
    if (kind !== 0) return;
    const step = decoding.readVarUint(decoder);
    this.heard.push(`sync ${step}`);
    const payload = decoding.readVarUint8Array(decoder);
    if (step === 0) line.say(0, 1, this.prompt ? Y.encodeStateAsUpdate(this.doc, payload) : this.#storedAnswer);
    else this.#merge(line, payload);
  }

  #merge(line: Line, update: Uint8Array): void {
    Y.applyUpdate(this.doc, update);
    for (const other of this.lines) if (other !== line) other.say(0, 2, update);
    if (this.prompt) this.store();
  }

  /** Make durable what was merged, and tell everybody. */
  store(): void {
    this.#note();
    for (const line of this.lines) line.say(0, 0, this.#stored);
  }

  #note(): void {
    this.#stored = Y.encodeStateVector(this.doc);
    this.#storedAnswer = Y.encodeStateAsUpdate(this.doc);
  }

  /** Somebody changes the draft without a window: by the API. */
  edit(change: (doc: Y.Doc) => void): void {
    const before = Y.encodeStateVector(this.doc);
    change(this.doc);
    const update = Y.encodeStateAsUpdate(this.doc, before);
    for (const line of this.lines) line.say(0, 2, update);
    this.store();
  }

  /** Who somebody is, the server says, whatever their window shows. */
  #pass(line: Line, update: Uint8Array): void {
    const decoder = decoding.createDecoder(update);
    const encoder = encoding.createEncoder();
    const count = decoding.readVarUint(decoder);
    encoding.writeVarUint(encoder, count);
    for (let at = 0; at < count; at += 1) {
      encoding.writeVarUint(encoder, decoding.readVarUint(decoder));
      encoding.writeVarUint(encoder, decoding.readVarUint(decoder));
      const state = JSON.parse(decoding.readVarString(decoder)) as object | null;
      encoding.writeVarString(encoder, JSON.stringify(state && { ...state, user: line.user }));
    }
    for (const other of this.lines) if (other !== line) other.say(1, encoding.toUint8Array(encoder));
  }

  closeAll(code: number): void {
    for (const line of [...this.lines]) line.close(code);
  }
}
