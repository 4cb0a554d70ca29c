import { Canvas } from "../canvas/Canvas";
import { Inspector } from "../inspector/Inspector";
import { EditorProvider, useEditor, useObservable } from "../model/hooks";
import type { Editor } from "../model/editor";
import { RunBar } from "../run/RunBar";
import { RunPanel } from "../run/RunPanel";
import { PublishDialog } from "../versions/PublishDialog";
import { VersionsPanel } from "../versions/VersionsPanel";
import { TopBar } from "./TopBar";

/** The whole studio: top bar, left rail with its drawer, canvas, inspector, run bar. */
export function Studio({ editor }: { editor: Editor }) {
  return (
    <EditorProvider value={editor}>
      <div className="studio">
        <TopBar />
        <Drawer />
        <main className="stage">
          <Canvas />
        </main>
        <InspectorColumn />
        <div className="run-slot">
          <RunPanel />
          <RunBar />
        </div>
        <PublishDialog />
      </div>
    </EditorProvider>
  );
}

function Drawer() {
  const { panels } = useEditor();
  const drawer = useObservable(panels.drawer);
  return drawer === "versions" ? (
    <aside className="drawer" aria-label="Versions">
      <VersionsPanel />
    </aside>
  ) : null;
}

function InspectorColumn() {
  const { panels } = useEditor();
  if (!useObservable(panels.inspector)) return null;
  return (
    <aside className="inspector" aria-label="Settings of the step">
      <Inspector />
    </aside>
  );
}
