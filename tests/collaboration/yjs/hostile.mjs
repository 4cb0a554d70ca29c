// A socket between client and server that loses frames, swaps them and breaks, as networks do.

import WebSocket from 'ws'

/** Return a class of sockets for one person; `faults` says how often what happens, and may change. */
export function hostile({ cookie, origin, faults, random, heard }) {
  return class extends WebSocket {
    #held = null

    constructor(url, protocols) {
      super(url, protocols, { headers: { Cookie: cookie, Host: new URL(origin).host }, origin, perMessageDeflate: false })
      this.on('error', () => {})
    }

    send(data, ...rest) {
      this.#pass(data, (frame) => this.readyState === WebSocket.OPEN && super.send(frame, ...rest))
    }

    set onmessage(listener) {
      const held = { frame: null }
      super.onmessage = listener && ((event) => {
        heard(new Uint8Array(event.data))
        this.#pass(event.data, (data) => listener({ data }), held)
      })
    }

    get onmessage() {
      return super.onmessage
    }

    /** Hand a frame on, or lose it, or let the next one overtake it, or break. */
    #pass(frame, on, held = (this.#held ??= { frame: null })) {
      if (random() < faults.breaks) return void this.terminate()
      if (random() < faults.losses) return
      if (held.frame === null && random() < faults.swaps) {
        held.frame = frame
        setTimeout(() => {
          const late = held.frame
          held.frame = null
          if (late !== null) on(late)
        }, 20)
        return
      }
      on(frame)
      if (held.frame !== null) {
        const late = held.frame
        held.frame = null
        on(late)
      }
    }
  }
}
