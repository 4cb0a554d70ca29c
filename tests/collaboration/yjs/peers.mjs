// Many clients of y-websocket, unmodified, edit many documents at random over bad connections.
//
// One line of JSON comes in: where to connect, as whom, and how much to do. While it edits it says how
// far it is; in the end, whether all documents are the same and everything acknowledged is there. It
// edits until a second line says that enough was broken meanwhile, at most PATIENCE times as much.

import { createInterface } from 'node:readline'
import { WebsocketProvider } from 'y-websocket'
import * as decoding from 'lib0/decoding'
import * as Y from 'yjs'
import { dice, edit } from './edits.mjs'
import { hostile } from './hostile.mjs'

process.setMaxListeners(0) // each provider listens for the end
const CALM = { breaks: 0, losses: 0, swaps: 0 }
const PARTS = ['meta', 'nodes', 'text', 'layout', 'edges', 'notes']
const PATIENCE_MS = 240_000
const PATIENCE = 20
const say = (message) => console.log(JSON.stringify(message))
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

class Peer {
  constructor(world, document, place) {
    Object.assign(this, { world, document, place })
    this.doc = new Y.Doc()
    for (const part of PARTS) this.doc.getMap(part)
    const parts = PARTS.map((part) => this.doc.getMap(part))
    this.undo = new Y.UndoManager(parts, { trackedOrigins: new Set(['local']), captureTimeout: 0 })
    const { cookies, ports, faults, random } = world
    const socket = hostile({
      cookie: cookies[place % cookies.length],
      origin: `http://localhost:${ports[place % ports.length]}`,
      faults,
      random,
      heard: (frame) => this.hear(frame),
    })
    const address = `ws://127.0.0.1:${ports[place % ports.length]}/ws/wf`
    this.provider = new WebsocketProvider(address, document, this.doc, {
      WebSocketPolyfill: socket, disableBc: true, resyncInterval: 3000, maxBackoffTime: 1000,
    })
    this.provider.on('closed', ({ code }) => (world.closed[code] = (world.closed[code] ?? 0) + 1))
    this.provider.on('connection-close', () => (world.reconnects += 1))
  }

  /** Remember which of its own edits the server says to have kept. */
  hear(frame) {
    if (frame[0] !== 0 || frame[1] !== 0) return
    const payload = decoding.readVarUint8Array(decoding.createDecoder(frame.subarray(2)))
    const clock = Y.decodeStateVector(payload).get(this.doc.clientID) ?? 0
    const key = `${this.document} ${this.doc.clientID}`
    this.world.acknowledged.set(key, Math.max(clock, this.world.acknowledged.get(key) ?? 0))
  }

  edit() {
    edit(this.doc, this.world.random, this.undo)
    if (this.world.random() < 0.05) this.provider.awareness.setLocalStateField('cursor', [1, 2])
  }

  leave() {
    this.provider.destroy()
    this.doc.destroy()
  }
}

function content(doc) {
  return JSON.stringify(PARTS.map((part) => sorted(doc.getMap(part).toJSON())))
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
}

const isSame = (one, other) => Y.equalSnapshots(Y.snapshot(one), Y.snapshot(other)) && content(one) === content(other)

/** Wait until the clients of a document, and one that only just came, are all the same. */
async function converge(peers, until) {
  while (performance.now() < until) {
    const [first] = peers
    const isThere = peers.every(({ provider }) => provider.synced)
    if (isThere && peers.every(({ doc }) => isSame(doc, first.doc))) return true
    await pause(200)
  }
  return false
}

async function main(world) {
  Object.assign(world, { random: dice(world.seed), acknowledged: new Map(), closed: {}, reconnects: 0 })
  const busy = world.faults
  world.faults = { ...busy }
  const rooms = world.documents.map((document, row) =>
    Array.from({ length: world.clients }, (_, column) => new Peer(world, document, row * world.clients + column)))
  await pause(1500)
  const isDone = (done) => done >= world.operations * (world.isEnough ? 1 : PATIENCE)
  let done = 0
  for (; !isDone(done); done += 1) {
    const row = Math.floor(world.random() * rooms.length)
    const column = Math.floor(world.random() * world.clients)
    rooms[row][column].edit()
    if (world.random() < world.leaving) {
      rooms[row][column].leave()
      rooms[row][column] = new Peer(world, world.documents[row], rooms[row][column].place)
    }
    if (done % world.at_once === 0) await pause(world.pause_ms)
    if (done % 1000 === 999) say({ done: done + 1 })
  }
  Object.assign(world.faults, CALM)
  say({ edited: done })
  await finish(world, rooms)
}

async function finish(world, rooms) {
  const until = performance.now() + PATIENCE_MS
  let place = 0
  for (const room of rooms) room.push(new Peer(world, room[0].document, place++))
  const converged = await Promise.all(rooms.map((room) => converge(room, until)))
  const lost = [...world.acknowledged].filter(([key, clock]) => {
    const [document, client] = key.split(' ')
    const fresh = rooms[world.documents.indexOf(document)].at(-1)
    return (Y.decodeStateVector(Y.encodeStateVector(fresh.doc)).get(Number(client)) ?? 0) < clock
  })
  say({
    converged: converged.filter(Boolean).length,
    documents: rooms.length,
    acknowledged: [...world.acknowledged.values()].filter((clock) => clock > 0).length,
    lost: lost.length,
    reconnects: world.reconnects,
    closed: world.closed,
    contents: Object.fromEntries(rooms.map((room) => [room[0].document, Object.keys(room.at(-1).doc.getMap('nodes').toJSON()).sort()])),
  })
  process.exit(0)
}

const lines = createInterface({ input: process.stdin })
lines.once('line', (line) => {
  const world = JSON.parse(line)
  lines.once('line', () => (world.isEnough = true))
  main(world)
})
