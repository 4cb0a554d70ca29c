// The only file of the model that knows React: how components watch it.

import { createContext, useCallback, useContext, useMemo, useSyncExternalStore } from "react";
import type { Edge, NodeRun, Note, Person, Problem, Step } from "./boot";
import type { How } from "./diff";
import type { Editor } from "./editor";
import type { Observable } from "./observable";
import type { NodeOverlay, Progress, RunInfo } from "./overlay";
import type { Overwrite } from "./overwritten";
import type { Peer } from "./presence";

const NO_PROBLEMS: readonly Problem[] = [];
const EditorContext = createContext<Editor | null>(null);
export const EditorProvider = EditorContext.Provider;

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("This component stands outside the studio.");
  return editor;
}

export function useObservable<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.on, observable.get);
}

/** Something that tells of changes by topic. */
interface Source {
  on(topic: string, listener: () => void): () => void;
}

/** Watch one topic; `read` must return the same object as long as nothing changed. */
export function useTopic<T>(source: Source, topic: string, read: () => T): T {
  const subscribe = useCallback((listener: () => void) => source.on(topic, listener), [source, topic]);
  return useSyncExternalStore(subscribe, read);
}

export function useNode(id: string | null): Step | undefined {
  const { store } = useEditor();
  return useTopic(store, `node:${id}`, () => (id === null ? undefined : store.nodes.get(id)));
}

export function useNote(id: string): Note | undefined {
  const { store } = useEditor();
  return useTopic(store, `note:${id}`, () => store.notes.get(id));
}

export function useEdge(id: string | null): Edge | undefined {
  const { store } = useEditor();
  return useTopic(store, `edge:${id}`, () => (id === null ? undefined : store.edges.get(id)));
}

/** Return the store's revision: what depends on the whole graph renders with it. */
export function useGraph(): number {
  const { store } = useEditor();
  return useTopic(store, "graph", () => store.revision);
}

export function useMeta(): Editor["store"]["meta"] {
  const { store } = useEditor();
  return useTopic(store, "meta", () => store.meta);
}

export function useSelection(): ReadonlySet<string> {
  const { selection } = useEditor();
  return useTopic(selection, "selection", () => selection.ids);
}

/** The id of the only selected thing, step or note. */
export function useSingle(): string | null {
  const { selection } = useEditor();
  return useTopic(selection, "selection", () => selection.single);
}

export function useSelected(id: string): boolean {
  const { selection } = useEditor();
  return useTopic(selection, `selected:${id}`, () => selection.has(id));
}

/** Whether an output stands in for a step. */
export function usePinned(id: string): boolean {
  const { pins } = useEditor();
  return useSyncExternalStore(pins.on, () => pins.value.has(id));
}

/** How much is said of a step and how much of that is new, in words; empty where nothing is. */
export function useCommentsOf(id: string): string {
  const { comments } = useEditor();
  const listen = useCallback((listener: () => void) => {
    const stops = [comments.threads.on(listener), comments.unsent.on(listener)];
    return () => stops.forEach((stop) => stop());
  }, [comments]);
  return useSyncExternalStore(listen, () => comments.wordsOf(id));
}

/** How a step differs from how it was, or is by now. */
export function useDiffMark(id: string): How | undefined {
  const { compared } = useEditor();
  return useSyncExternalStore(compared.on, () => compared.value?.steps.get(id));
}

/** Whether a step belongs to the part of a run that somebody points at. */
export function useWillRun(id: string): boolean {
  const { willRun } = useEditor().panels;
  return useSyncExternalStore(willRun.on, () => willRun.value.has(id));
}

/** The step that the canvas's keyboard is on. */
export function useFocusedId(): string | null {
  const { selection } = useEditor();
  return useTopic(selection, "focus", () => selection.focus);
}

export function useFocused(id: string): boolean {
  const { selection } = useEditor();
  return useTopic(selection, `selected:${id}`, () => selection.focus === id);
}

export function useSelectedEdge(): string | null {
  const { selection } = useEditor();
  return useTopic(selection, "edge", () => selection.edge);
}

/** What is wrong with the draft; what was wrong with the past nobody corrects. */
export function useProblems(): readonly Problem[] {
  const { past, problems } = useEditor();
  const found = useObservable(problems);
  return useObservable(past) ? NO_PROBLEMS : found;
}

export function useProblemsOf(id: string): readonly Problem[] {
  const problems = useProblems();
  return useMemo(() => problems.filter((problem) => problem.node === id), [problems, id]);
}

export function useRunOverlay(id: string | null): NodeOverlay | undefined {
  const { overlay } = useEditor();
  return useTopic(overlay, `${id}`, () => (id === null ? undefined : overlay.get(id)));
}

export function useRun(): RunInfo | null {
  const { overlay } = useEditor();
  return useTopic(overlay, "run", () => overlay.run);
}

/** What is stored of a step of the shown run, in the round that is shown. */
export function useStepRun(id: string | null): NodeRun | undefined {
  const { shown } = useEditor();
  useRunOverlay(id); // it changes with the round
  return useTopic(shown, `${id}`, () => (id === null ? undefined : shown.step(id)));
}

/** How far the rounds of a step are, as a text that stays the same while nothing changed. */
export function useProgress(id: string): Progress | null {
  const { overlay, store } = useEditor();
  const found = useTopic(overlay, id, () =>
    JSON.stringify(store.holds(id) ? overlay.progress(id, store.insideOf(id)) : null),
  );
  return useMemo(() => JSON.parse(found) as Progress | null, [found]);
}

/** The frame in which a step is shown; empty outside of loops. */
export function useFrame(id: string): string {
  const { overlay } = useEditor();
  return useTopic(overlay, id, () => overlay.rounds.frameOf(id));
}

/** What a model is writing in a step right now. */
export function useWritten(id: string | null): string {
  const { shown } = useEditor();
  return useTopic(shown, `${id}`, () => (id === null ? "" : shown.written(id)));
}

/** Who else is in the workflow. */
export function usePeople(): readonly Person[] {
  const { presence } = useEditor();
  return useTopic(presence, "people", () => presence.people);
}

/** The windows of others, whenever something that the canvas shows of them changed. */
export function usePeers(): readonly Peer[] {
  const { presence } = useEditor();
  const revision = useTopic(presence, "canvas", () => presence.revision);
  return useMemo(() => [...presence.peers.values()], [presence, revision]);
}

/** Who has the keyboard in a field. */
export function useInField(key: string): readonly Peer[] {
  const { presence } = useEditor();
  const revision = useTopic(presence, `field:${key}`, () => presence.revision);
  return useMemo(() => presence.inField(key), [presence, key, revision]);
}

/** What somebody else set lately where this person had set something. */
export function useOverwrite(field: string): Overwrite | undefined {
  const { overwritten } = useEditor();
  return useTopic(overwritten, field, () => overwritten.get(field));
}
