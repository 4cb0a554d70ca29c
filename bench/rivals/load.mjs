// Editors of one kind of server: how long what one of them does takes to reach the others.
//
// Each line that comes in is a scene; one line of JSON answers it.

import { createInterface } from 'node:readline'
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

process.setMaxListeners(0)
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const PATIENCE_MS = 60_000

/** Return a class of sockets that show a person's cookie, as a browser would. */
function shown({ cookie, origin }) {
  if (!cookie) return WebSocket
  return class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols, { headers: { Cookie: cookie, Host: new URL(origin).host }, origin })
    }
  }
}

/** Open an editor and wait until it has the document. */
async function opened({ kind, url, cookies = [], origin }, room, place) {
  const doc = new Y.Doc()
  const socket = shown({ cookie: cookies[place % cookies.length], origin })
  const begun = performance.now()
  const provider = kind === 'hocuspocus' ? hocuspocus(url, room, doc) : new WebsocketProvider(url, room, doc, { WebSocketPolyfill: socket, disableBc: true })
  await new Promise((done, failed) => {
    provider.on(kind === 'hocuspocus' ? 'synced' : 'sync', done)
    setTimeout(() => failed(new Error(`${kind}: no document after ${PATIENCE_MS} ms`)), PATIENCE_MS).unref()
  })
  return { doc, provider, took: performance.now() - begun }
}

function hocuspocus(url, name, document) {
  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket })
  const provider = new HocuspocusProvider({ websocketProvider, name, document })
  provider.attach()
  const destroy = provider.destroy.bind(provider)
  provider.destroy = () => { destroy(); websocketProvider.destroy() }
  return provider
}

/** Put a document into a room, for servers that begin with an empty one. */
async function fill({ server, rooms, content }) {
  for (const room of rooms) {
    const editor = await opened(server, room, 0)
    Y.applyUpdate(editor.doc, Buffer.from(content, 'base64'))
    await pause(300)
    leave([editor])
  }
  return {}
}

/** Let editors move things at a rate and say how late the others see it. */
async function edit({ server, room, editors, per_second, seconds }) {
  const crowd = []
  for (let place = 0; place < editors; place += 1) crowd.push(await opened(server, room, place))
  await pause(1000)
  const late = []
  for (const { doc } of crowd) {
    doc.getMap('layout').observe((event) => {
      if (event.transaction.local) return
      for (const key of event.keysChanged) if (key.startsWith('probe')) late.push(performance.now() - event.target.get(key)[1])
    })
  }
  console.log(JSON.stringify({ begun: true }))
  const every = 1000 / per_second
  const begun = performance.now()
  let sent = 0
  while (performance.now() - begun < seconds * 1000) {
    const place = sent % editors
    crowd[place].doc.getMap('layout').set(`probe${place}`, [sent, performance.now()])
    sent += 1
    const due = begun + sent * every - performance.now()
    if (due > 0) await pause(due)
  }
  const lasted = (performance.now() - begun) / 1000
  await pause(1500)
  leave(crowd)
  late.sort((a, b) => a - b)
  const at = (share) => Number((late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? 0).toFixed(2))
  return {
    sent, per_second: Math.round(sent / lasted), seen: late.length, expected: sent * (editors - 1),
    p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99),
  }
}

/** Open many rooms with one editor each and say how long each took; they stay open until the next scene. */
let open = []
async function visit({ server, rooms }) {
  const took = []
  for (const [place, room] of rooms.entries()) {
    const editor = await opened(server, room, place)
    took.push(editor.took)
    editor.doc.destroy() // its memory is ours; the connection stays
    open.push(editor)
  }
  took.sort((a, b) => a - b)
  return { open_p50_ms: Number(took[Math.floor(took.length / 2)].toFixed(1)) }
}

function leave(crowd) {
  for (const { provider, doc } of crowd) {
    provider.destroy()
    doc.destroy()
  }
}

const SCENES = { fill, edit, visit, leave: async () => { leave(open); open = []; return {} } }
for await (const line of createInterface({ input: process.stdin })) {
  const scene = JSON.parse(line)
  try {
    console.log(JSON.stringify(await SCENES[scene.scene](scene)))
  } catch (error) {
    console.log(JSON.stringify({ failed: String(error) }))
  }
}
process.exit(0)
