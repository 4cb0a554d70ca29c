// The live socket: subscribes, comes back after the last known event, and knows when it may not.

import { expect, test, vi } from "vitest";
import { LiveSocket, type Frame } from "./socket";

class FakeSocket {
  readyState = 0;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.readyState = 3;
  }
  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  loses(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

function world() {
  const sockets: FakeSocket[] = [];
  const waits: { ms: number; then: () => void }[] = [];
  const heard: (Frame | string)[] = [];
  const socket = new LiveSocket("ws://here/ws/live", {
    onFrame: (frame) => heard.push(frame),
    onOpen: (open) => heard.push(open ? "open" : "closed"),
    onRefused: () => heard.push("refused"),
    open: () => {
      sockets.push(new FakeSocket());
      return sockets.at(-1) as unknown as WebSocket;
    },
    wait: (ms, then) => {
      waits.push({ ms, then });
      return waits.length as unknown as ReturnType<typeof setTimeout>;
    },
  });
  const last = () => sockets.at(-1) as FakeSocket;
  return { socket, sockets, waits, heard, last };
}

test("it follows one run, and goes on after the last known event when it comes back", () => {
  const { socket, sockets, waits, last } = world();
  let known = 3;
  socket.follow("r", () => known);
  last().opens();
  expect(last().sent).toEqual([{ type: "subscribe", run: "r", after: 3 }]);
  known = 9;
  last().loses();
  waits.at(-1)?.then();
  last().opens();
  expect(sockets).toHaveLength(2);
  expect(last().sent).toEqual([{ type: "subscribe", run: "r", after: 9 }]);
});

test("it waits longer after each failure, and begins anew once it was there", () => {
  const { socket, waits, last } = world();
  socket.follow("r", () => 0);
  for (let times = 0; times < 9; times += 1) {
    last().loses();
    waits.at(-1)?.then();
  }
  const pauses = waits.map(({ ms }) => ms);
  expect(pauses[0]).toBeLessThan(700);
  expect(pauses.at(-1)).toBeGreaterThan(11_000);
  expect(Math.max(...pauses)).toBeLessThan(19_000);
  last().opens();
  last().loses();
  expect(waits.at(-1)?.ms).toBeLessThan(700);
});

test("another run replaces the one before on the same socket", () => {
  const { socket, sockets, last } = world();
  socket.follow("a", () => 0);
  last().opens();
  socket.follow("b", () => 0);
  expect(sockets).toHaveLength(1);
  expect(last().sent.slice(1)).toEqual([
    { type: "unsubscribe", run: "a" },
    { type: "subscribe", run: "b", after: 0 },
  ]);
});

test("after a sign-in it goes on with what it followed", () => {
  const { socket, sockets, waits, heard, last } = world();
  socket.follow("r", () => 4);
  last().opens();
  last().loses(4401);
  socket.follow("r", () => 4);
  expect([waits, heard, sockets.length]).toEqual([[], ["open", "closed"], 1]);
  socket.again();
  last().opens();
  expect(last().sent).toEqual([{ type: "subscribe", run: "r", after: 4 }]);
});

test("who was let in knocks once more: the session may go by another key", () => {
  vi.useFakeTimers();
  const { socket, sockets, waits, last } = world();
  socket.follow("r", () => 0);
  last().opens();
  vi.advanceTimersByTime(5_000);
  last().loses(4401);
  waits.at(-1)?.then();
  last().opens();
  last().loses(4401);
  expect([sockets.length, waits.length]).toEqual([2, 1]);
  vi.useRealTimers();
});

test("who may not see it does not knock again", () => {
  const { socket, waits, heard, last } = world();
  socket.follow("r", () => 0);
  last().opens();
  last().loses(4403);
  expect(waits).toEqual([]);
  expect(heard).toEqual(["open", "closed", "refused"]);
});

test("what is no frame is dropped; after leaving nothing is heard", () => {
  const { socket, waits, heard, last } = world();
  socket.follow("r", () => 0);
  last().opens();
  last().onmessage?.({ data: "{" });
  last().onmessage?.({ data: '{"type":"token","run":"r","node":"n","text":"x"}' });
  const old = last();
  socket.leave();
  old.onmessage?.({ data: '{"type":"token","run":"r","node":"n","text":"y"}' });
  old.loses();
  expect(heard).toEqual(["open", { type: "token", run: "r", node: "n", text: "x" }]);
  expect(waits).toEqual([]);
});

test("it hears of comments as long as the page is open, whatever runs are followed", () => {
  const { socket, sockets, waits, last } = world();
  socket.discuss("w");
  last().opens();
  socket.follow("r", () => 0);
  socket.leave();
  expect(last().sent).toEqual([
    { type: "subscribe_comments", workflow: "w" },
    { type: "subscribe", run: "r", after: 0 },
    { type: "unsubscribe", run: "r" },
  ]);
  expect(last().readyState).toBe(1);
  last().loses();
  waits.at(-1)?.then();
  last().opens();
  expect(sockets).toHaveLength(2);
  expect(last().sent).toEqual([{ type: "subscribe_comments", workflow: "w" }]);
});

test("runs that are not shown are watched by the same socket, each once", () => {
  const { socket, sockets, waits, last } = world();
  const seen: string[] = [];
  const stopFirst = socket.watch("r", () => seen.push("first"));
  const stopSecond = socket.watch("r", () => seen.push("second"));
  last().opens();
  expect(last().sent).toEqual([{ type: "subscribe", run: "r", after: 0 }]);
  last().onmessage?.({ data: '{"type":"event","run":"r","event":{}}' });
  last().onmessage?.({ data: '{"type":"event","run":"other","event":{}}' });
  expect(seen).toEqual(["first", "second"]);
  socket.follow("r", () => 7);
  socket.leave();
  expect(last().sent.slice(1)).toEqual([{ type: "subscribe", run: "r", after: 7 }]);
  last().loses();
  waits.at(-1)?.then();
  last().opens();
  expect(last().sent).toEqual([{ type: "subscribe", run: "r", after: 0 }]);
  stopFirst();
  stopSecond();
  expect([last().readyState, sockets.length]).toEqual([3, 2]);
});
