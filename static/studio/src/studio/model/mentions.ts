// Which steps have a block in the runbook, so that a step can lead to it.

import type * as Y from "yjs";
import { same } from "./json";
import { Observable } from "./observable";

export class Mentions {
  readonly steps = new Observable<ReadonlySet<string>>(new Set());

  /** Look at the runbook now and after each change. */
  follow(fragment: Y.XmlFragment): void {
    const look = () => this.#look(fragment);
    fragment.observeDeep(look);
    look();
  }

  #look(fragment: Y.XmlFragment): void {
    const found = new Set<string>();
    const waiting: unknown[] = [fragment];
    for (let each = waiting.pop(); each; each = waiting.pop()) {
      const { nodeName, getAttribute, toArray } = each as Partial<Y.XmlElement>;
      if (nodeName === "node_block") found.add(String(getAttribute?.call(each, "node")));
      else if (toArray) waiting.push(...(toArray.call(each) as unknown[]));
    }
    if (!same([...found].sort(), [...this.steps.value].sort())) this.steps.set(found);
  }
}
