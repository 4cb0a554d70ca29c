import { Fragment, useEffect, useState, useSyncExternalStore } from "react";
import { Canvas } from "../canvas/Canvas";
import { EditorProvider, useEditor, useObservable } from "../model/hooks";
import type { Editor } from "../model/editor";
import { RunBar } from "../run/RunBar";
import { RunPanel } from "../run/RunPanel";
import { Drawer } from "./Drawer";
import { InspectorColumn } from "./InspectorColumn";
import { fetchParts, lazily } from "../parts/lazily";
import { Messages } from "./Messages";
import { Overlays } from "./Overlays";
import { Rail } from "./Rail";
import { TopBar } from "./TopBar";
import { useNarrow } from "./useNarrow";
import { useShortcuts } from "./useShortcuts";

const NotSaved = lazily(async () => (await import("./NotSaved")).NotSaved);
const SessionNote = lazily(async () => (await import("./SessionNote")).SessionNote);
const SelectionBar = lazily(async () => (await import("./SelectionBar")).SelectionBar);
const PastBar = lazily(async () => (await import("../versions/PastBar")).PastBar);
const RunbookPanel = lazily(async () => (await import("../runbook/RunbookPanel")).RunbookPanel);
const Outline = lazily(async () => (await import("../outline/Outline")).Outline);

/** The whole studio: top bar, left rail with its drawer, canvas, inspector, run bar. */
export function Studio({ editor }: { editor: Editor }) {
  const barred = useSyncExternalStore(editor.saving.on, () => editor.barred);
  return (
    <EditorProvider value={editor}>
      <Shell key={barred ? "looking" : "editing"} />
    </EditorProvider>
  );
}

/** The runbook is fetched when somebody opens it. */
function RunbookSlot() {
  const { panels, past } = useEditor();
  const shown = useObservable(panels.runbook);
  const isPast = useObservable(past) !== null;
  const [wanted, setWanted] = useState(shown !== null);
  useEffect(() => {
    if (shown) setWanted(true);
  }, [shown]);
  return (wanted || shown) && !isPast ? <RunbookPanel /> : null;
}

function Shell() {
  useShortcuts();
  useEffect(fetchParts, []);
  const narrow = useNarrow();
  const [asCanvas, setAsCanvas] = useState(false);
  const outline = narrow && !asCanvas;
  const isPast = useObservable(useEditor().past) !== null;
  const time = isPast ? "past" : "now"; // what can be edited is decided when a part comes
  return (
    <div className="studio" data-narrow={narrow || undefined}>
      <a className="skip-link" href="#stage">
        Skip to the workflow
      </a>
      <TopBar />
      <Rail />
      <Drawer />
      <main className="stage" id="stage" tabIndex={-1} aria-label="Workflow">
        <PastBar />
        <Fragment key={time}>
          {outline ? <Outline /> : <Canvas />}
          {!outline && <SelectionBar />}
        </Fragment>
        <NotSaved />
        <SessionNote />
        {narrow && (
          <button type="button" className="button stage-switch" onClick={() => setAsCanvas(!asCanvas)}>
            {outline ? "Show the canvas" : "Show the outline"}
          </button>
        )}
      </main>
      <RunbookSlot />
      <InspectorColumn key={time} />
      {!isPast && (
        <section className="run-slot" aria-label="Run">
          <RunPanel />
          <RunBar />
        </section>
      )}
      <Overlays />
      <Messages />
    </div>
  );
}
