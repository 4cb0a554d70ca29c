import { useCallback, useMemo } from "react";
import * as actions from "../model/actions";
import { useEditor, useObservable } from "../model/hooks";
import { replaceStep } from "../model/replacing";
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
    editor.view.focus();
  }, [editor]);
  if (!request) return null;
  const { instead } = request;
  const label = instead === undefined ? "Add a step" : `Replace ${editor.store.titleOf(instead)} with`;
  return (
    <Popup at={request.screen} label={label} onClose={close} className="picker" brief>
      <SearchList
        items={items}
        label={instead === undefined ? "Step to add" : label}
        placeholder={label}
        nothing="No step type fits here."
        onClose={close}
        onChoose={(type) => {
          close();
          if (instead === undefined) actions.addStep(editor, type, request);
          else replaceStep(editor, instead, type);
        }}
      />
    </Popup>
  );
}
