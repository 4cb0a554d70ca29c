import { createContext, useContext, useMemo } from "react";
import { partsOf, type Scope } from "../model/expressions";
import { useEditor, useGraph, useObservable, useStepRun } from "../model/hooks";
import type { JsonObject } from "../model/json";
import { scopeOf } from "../model/scope";
import { CONFIG } from "../model/stored";

/** What a field needs to know of what it belongs to: a step, or the workflow as a whole. */
export interface StepContext {
  id: string;
  /** What stands before a field's name in the document. */
  prefix: string;
  scope: Scope;
  /** Return the values of the shown run that a text names; null where no run is shown. */
  valuesFor: (text: string) => JsonObject | null;
  readOnly: boolean;
}

const Context = createContext<StepContext | null>(null);
export const StepProvider = Context.Provider;

export function useStep(): StepContext {
  const context = useContext(Context);
  if (!context) throw new Error("This field stands outside of a step.");
  return context;
}

/** Make the context of a step; it follows the graph and the shown run. */
export function useStepContext(id: string): StepContext {
  const editor = useEditor();
  const revision = useGraph();
  const run = useObservable(editor.shown.details);
  const own = useStepRun(id); // outputs come together: when this one is new, the others are
  return useMemo(() => {
    const { store, shown, readOnly } = editor;
    const roundOf = (each: string) => shown.roundOf(each, store.holderOf(each));
    const data = { inputs: run?.inputs, outputOf: (each: string) => shown.step(each)?.output, roundOf };
    const valuesFor = (text: string): JsonObject | null => {
      if (!run) return null;
      const values: JsonObject = { input: run.inputs };
      const named = sourcesOf(text).flatMap((source) => [...source.matchAll(/\bnodes\.(\w+)/g)]);
      const nodes: JsonObject = {};
      for (const [, each = ""] of named) {
        const output = shown.step(each)?.output;
        if (output !== undefined) nodes[each] = { output };
      }
      const sources = new Set([...store.edgesInto(id)].map((edge) => store.edges.get(edge)?.source));
      const [only] = sources;
      const round = roundOf(id);
      Object.assign(values, round);
      const prev = sources.size === 1 && only ? shown.step(only)?.output : sources.size ? undefined : round?.item;
      return { ...values, nodes, ...(prev === undefined ? {} : { prev }) };
    };
    return { id, prefix: CONFIG, scope: scopeOf(store, id, data), valuesFor, readOnly };
    // The store and the run's steps are no React state: their revisions stand for them.
  }, [editor, id, revision, run, own]);
}

function sourcesOf(text: string): string[] {
  return partsOf(text).flatMap((part) => (part.kind === "expression" ? [part.source] : []));
}
