// What people do to a draft, at random.

import * as Y from 'yjs'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'
const TYPES = ['http.request', 'ai.generate', 'data.transform', 'code.python']
const WORDS = ['x', 'häß', '😀', ' {{ input.x }}', 'lorem ipsum ', '\n']

/** Return random numbers that are the same for the same seed (mulberry32). */
export function dice(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const pick = (random, list) => list[Math.floor(random() * list.length)]
const some = (random, map) => pick(random, [...map.keys()])

/** Change a document once. */
export function edit(doc, random, undo) {
  const parts = Object.fromEntries(['nodes', 'text', 'layout', 'edges', 'meta', 'notes'].map((name) => [name, doc.getMap(name)]))
  const way = random()
  if (way < 0.03) return void undo.undo()
  if (way < 0.04) return void undo.redo()
  doc.transact(() => change(parts, random, way), 'local')
}

function change({ nodes, text, layout, edges, meta, notes }, random, way) {
  if (way < 0.14 || nodes.size < 3) return add(nodes, text, layout, random)
  const id = some(random, nodes)
  if (way < 0.2 && nodes.size > 8) return remove(id, nodes, text, layout, edges)
  const node = nodes.get(id)
  if (way < 0.32) node.set('title', `${pick(random, WORDS)} ${Math.floor(random() * 1000)}`)
  else if (way < 0.42) node.set(`c:${pick(random, ['a', 'b', 'c'])}`, value(random))
  else if (way < 0.48) node.delete(`c:${pick(random, ['a', 'b', 'c'])}`)
  else if (way < 0.64) layout.set(id, [Math.round(random() * 1000), Math.round(random() * 1000)])
  else if (way < 0.72) connect(id, some(random, nodes), edges)
  else if (way < 0.74 && edges.size) edges.delete(some(random, edges))
  else if (way < 0.76) meta.set('settings.timeout_s', Math.floor(random() * 100))
  else if (way < 0.78) notes.set(`n${Math.floor(random() * 9)}`, new Y.Map([['colour', 'blue']]))
  else type(text, random)
}

function add(nodes, text, layout, random) {
  const id = `step_${Array.from({ length: 5 }, () => pick(random, LETTERS)).join('')}`
  nodes.set(id, new Y.Map([['type', pick(random, TYPES)], ['type_version', 1], ['title', id]]))
  text.set(`${id}/prompt`, new Y.Text(pick(random, WORDS)))
  layout.set(id, [0, 0])
}

function remove(id, nodes, text, layout, edges) {
  nodes.delete(id)
  layout.delete(id)
  text.delete(`${id}/prompt`)
  for (const [key, edge] of [...edges]) if (edge.s === id || edge.t === id) edges.delete(key)
}

function connect(source, target, edges) {
  edges.set(`${source}:out>${target}:in`, { s: source, sp: 'out', t: target, tp: 'in' })
}

function type(text, random) {
  if (!text.size) return
  const letters = text.get(some(random, text))
  if (!(letters instanceof Y.Text)) return
  const at = Math.floor(random() * (letters.length + 1))
  if (letters.length > 40 || (random() < 0.3 && letters.length > at)) letters.delete(at === letters.length ? 0 : at, 1)
  else letters.insert(at, pick(random, WORDS))
}

function value(random) {
  return pick(random, [random(), 'text', null, true, [1, { deep: ['😀'] }], { k: Math.floor(random() * 9) }])
}
