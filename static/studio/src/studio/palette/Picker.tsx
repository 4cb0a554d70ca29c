import { useCallback, useMemo } from "react";
import * as actions from "../model/actions";
import { useEditor, useObservable } from "../model/hooks";
import { Popup } from "../parts/Popup";
import { SearchList } from "../parts/SearchList";
import { choices } from "./types";

/** The list of step types where a connection was dropped, after a step, or on an edge. */
export function Picker() {
  const editor = useEditor();
  const request = useObservable(editor.panels.picker);
  const items = useMemo(() => (request ? choices(editor, request) : []), [editor, request]);
  const close = useCallback(() => {
    editor.panels.picker.set(null);
    editor.view.camera?.focus();
  }, [editor]);
  if (!request) return null;
  return (
    <Popup at={request.screen} label="Add a step" onClose={close} className="picker">
      <SearchList
        items={items}
        label="Step to add"
        placeholder="Add a step"
        nothing="No step type fits here."
        onClose={close}
        onChoose={(type) => {
          close();
          actions.addStep(editor, type, request);
        }}
      />
    </Popup>
  );
}
