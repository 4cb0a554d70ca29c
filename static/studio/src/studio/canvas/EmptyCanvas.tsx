import { useState } from "react";
import { fetchStarts, type Start, type TriggerKind } from "../collab/startsApi";
import * as actions from "../model/actions";
import { pasteable } from "../model/clipboard";
import type { Editor } from "../model/editor";
import { useEditor, useGraph } from "../model/hooks";
import * as ops from "../model/ops";
import type { Spot } from "../model/panels";
import { counted } from "../model/summary";
import { Icon } from "../parts/Icon";
import { Popup } from "../parts/Popup";
import { SearchList } from "../parts/SearchList";

/** Ways to begin where there is nothing yet: a form, a trigger, a template, or the palette. */
export function EmptyCanvas() {
  const editor = useEditor();
  useGraph();
  const [offered, setOffered] = useState<{ templates: readonly Start[]; at: Spot } | null>(null);
  if (editor.store.nodes.size || editor.store.notes.size) return null;
  if (editor.readOnly) return <p className="empty-canvas panel-hint">This workflow has no steps yet.</p>;
  const byTrigger = (kind: TriggerKind) => async () => {
    const start = (await asked(editor)).find(({ trigger }) => trigger === kind);
    if (!start) return;
    begin(editor, start);
    const [what, label] = kind === "schedule" ? ["set its times", "Set the times"] : ["make its address", "Make the address"];
    editor.offer(`Publish the workflow, then ${what}.`, label, () => window.open(editor.boot.urls.triggers[kind], "_blank", "noopener"));
  };
  const byTemplate = async (at: Spot) => {
    const templates = (await asked(editor)).filter(({ is_template }) => is_template);
    if (templates.length) setOffered({ templates, at });
  };
  return (
    <>
      <section className="empty-canvas" aria-label="Begin" data-testid="empty-canvas">
        <h2>How does this workflow begin?</h2>
        <div className="starts">
          <Card
            icon="play"
            name="With a form"
            text="People or programs fill in its fields."
            onPress={() => {
              actions.addStep(editor, "core.start");
              editor.view.focus(); // this button is gone now
            }}
          />
          <Card icon="calendar-clock" name="On a schedule" text="At certain times, or every so often." onPress={byTrigger("schedule")} />
          <Card icon="webhook" name="By a webhook" text="When another program calls an address." onPress={byTrigger("webhook")} />
          <Card icon="layout-template" name="From a template" text="Steps that work together, to be changed as you like." onPress={byTemplate} />
          <Card icon="layout-grid" name="From the palette" text="Look through all step types and drag one here." onPress={() => editor.panels.drawer.set("palette")} />
        </div>
      </section>
      {offered && (
        <Popup at={offered.at} label="Begin with a template" onClose={() => setOffered(null)} className="picker" brief>
          <SearchList
            items={offered.templates.map(({ slug, name, description, steps }) => ({ id: slug, label: name, detail: counted(steps, "steps"), words: description }))}
            label="Template"
            placeholder="Begin with a template"
            nothing="No template matches."
            onClose={() => setOffered(null)}
            onChoose={(slug) => {
              const start = offered.templates.find((each) => each.slug === slug);
              setOffered(null);
              if (start) begin(editor, start);
            }}
          />
        </Popup>
      )}
    </>
  );
}

function Card({ icon, name, text, onPress }: { icon: string; name: string; text: string; onPress: (at: Spot) => unknown }) {
  return (
    <button
      type="button"
      className="start"
      onClick={(event) => {
        const { left, top } = event.currentTarget.getBoundingClientRect();
        onPress([left, top]);
      }}
    >
      <Icon name={icon} size={20} />
      <strong>{name}</strong>
      <span>{text}</span>
    </button>
  );
}

/** Return the ways to begin; none, and the reason in a message, where the server does not answer. */
async function asked(editor: Editor): Promise<readonly Start[]> {
  try {
    return await fetchStarts(editor.boot.urls.starts);
  } catch (error) {
    editor.say(error instanceof Error ? error.message : "The server did not answer.", "bad");
    return [];
  }
}

function begin(editor: Editor, { definition, name }: Start): void {
  const fragment = pasteable(JSON.stringify(definition), editor.types);
  editor.gesture((doc) => ops.begin(doc, fragment));
  editor.view.camera?.fit();
  editor.view.focus(); // what was pressed is gone now
  editor.announcer.say(`Began with ${name}`);
}
