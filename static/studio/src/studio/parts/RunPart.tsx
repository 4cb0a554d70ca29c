import { useEffect } from "react";
import { pinShown, runPart, unpin } from "../collab/trying";
import type { Editor } from "../model/editor";
import { useEditor, useObservable, useRunOverlay } from "../model/hooks";
import { PLACEHOLDER } from "../model/replacing";
import { stepsThatRun, wholeStepOf, type Mode } from "../model/runParts";
import { Button } from "./Button";
import type { MenuItem } from "./Menu";

const WORDS: Record<Mode, { label: string; entry: string; icon: string; title: string }> = {
  from: { label: "From here", entry: "Run from here", icon: "step-forward", title: "This step and all after it; the rest is taken from the shown run" },
  only: { label: "Only this", entry: "Run only this step", icon: "play", title: "This step alone, with what the shown run gave before it" },
  until: { label: "Up to here", entry: "Run up to here", icon: "flag", title: "Everything that this step needs, and the step" },
};

/** Return which parts can be run at a step: from it on only where a run has been that far. */
function modesFor(editor: Editor, id: string): Mode[] {
  const { permissions } = editor.boot;
  const step = editor.store.nodes.get(id);
  if (!permissions.run || !step || step.type === "core.start" || step.type === PLACEHOLDER) return [];
  const ran = editor.shown.finished && editor.overlay.get(wholeStepOf(editor.store, id)) !== undefined;
  const draft: Mode[] = permissions.edit ? ["only", "until"] : [];
  return ran ? ["from", ...draft] : draft;
}

/** Mark the steps that would run, before anybody presses. */
function outline(editor: Editor, mode: Mode | null, id: string): void {
  const pinned = new Set(editor.pins.value.keys());
  editor.panels.willRun.set(mode === null ? new Set() : stepsThatRun(editor.store, mode, id, pinned));
}

/** The parts of the workflow that can be run at a step. */
export function RunPartButtons({ id }: { id: string }) {
  const editor = useEditor();
  useObservable(editor.shown.details);
  useRunOverlay(id);
  useEffect(() => () => outline(editor, null, id), [editor, id]);
  return modesFor(editor, id).map((mode) => (
    <Button
      key={mode}
      aria-label={WORDS[mode].entry}
      title={WORDS[mode].title}
      data-testid={mode === "from" ? "run-from-here" : `run-${mode}`}
      onPointerEnter={() => outline(editor, mode, id)}
      onPointerLeave={() => outline(editor, null, id)}
      onFocus={(event) => event.currentTarget.matches(":focus-visible") && outline(editor, mode, id)}
      onBlur={() => outline(editor, null, id)}
      onClick={() => void runPart(editor, mode, id)}
    >
      {WORDS[mode].label}
    </Button>
  ));
}

/** The same as entries of a menu, and pinning. */
export function runPartItems(editor: Editor, id: string): MenuItem[] {
  const parts = modesFor(editor, id).map((mode) => ({
    label: WORDS[mode].entry,
    icon: WORDS[mode].icon,
    point: (over: boolean) => outline(editor, over ? mode : null, id),
    run: () => void runPart(editor, mode, id),
  }));
  return [...parts, ...pinItems(editor, id)];
}

function pinItems(editor: Editor, id: string): MenuItem[] {
  if (!mayPin(editor, id)) return [];
  if (editor.pins.value.has(id)) return [{ label: "Unpin the output", icon: "pin", run: () => void unpin(editor, id) }];
  const given = editor.overlay.get(id)?.status === "succeeded" && editor.shown.step(id) !== undefined;
  return given ? [{ label: "Pin the output", icon: "pin", run: () => void pinShown(editor, id) }] : [];
}

/** A start only hands on the inputs, and a loop runs as a whole: neither what lies in it is pinned. */
export function mayPin({ store, boot }: Editor, id: string): boolean {
  const step = store.nodes.get(id);
  return boot.permissions.edit && step !== undefined && step.type !== "core.start" && store.holderOf(id) === undefined;
}
