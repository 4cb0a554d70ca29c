// Who wants to hear of what: a change names its topics, and only their listeners wake up.

export type Listener = () => void;

export class Topics {
  #listeners = new Map<string, Set<Listener>>();
  #open = 0;
  #changed = new Set<string>();

  /** Call the listener after each change of the topic; returns how to stop. */
  on(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (!listeners.size) this.#listeners.delete(topic);
    };
  }

  emit(...topics: string[]): void {
    for (const topic of topics) this.#changed.add(topic);
    if (!this.#open) this.#flush();
  }

  /** Hold back until the end what is emitted inside; each topic is then heard once. */
  batch<T>(change: () => T): T {
    this.#open += 1;
    try {
      return change();
    } finally {
      this.#open -= 1;
      if (!this.#open) this.#flush();
    }
  }

  #flush(): void {
    while (this.#changed.size) {
      const changed = [...this.#changed];
      this.#changed.clear();
      const heard = new Set<Listener>();
      for (const topic of changed)
        for (const listener of this.#listeners.get(topic) ?? []) heard.add(listener);
      for (const listener of heard) listener();
    }
  }
}
