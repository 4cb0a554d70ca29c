import { ReactFlowProvider } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useLayoutEffect, useRef, useState } from "react";
import { useEditor } from "../model/hooks";
import { Observable } from "../model/observable";
import type { PortRef } from "../model/panels";
import { ConnectingContext } from "./connecting";
import { Flow } from "./Flow";

/** The graph. It is measured first: the first view is computed, never found by mounting. */
export function Canvas() {
  const editor = useEditor();
  const element = useRef<HTMLDivElement>(null);
  const [measured, setMeasured] = useState(false);
  const [connecting] = useState(() => new Observable<PortRef | null>(null));
  useLayoutEffect(() => {
    const own = element.current;
    if (!own) return;
    let before = own.getBoundingClientRect().left;
    const measure = () => {
      // Opening a drawer never moves a step in the window.
      const { left } = own.getBoundingClientRect();
      if (left !== before) editor.view.camera?.shift(before - left);
      before = left;
      const { clientWidth: width, clientHeight: height } = own;
      const size = editor.view.size.value;
      if (width && height && (width !== size.width || height !== size.height))
        editor.view.size.set({ width, height });
      if (width && height) setMeasured(true);
    };
    editor.view.origin = () => {
      const { left, top } = own.getBoundingClientRect();
      return [left, top];
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(own);
    return () => observer.disconnect();
  }, [editor]);
  return (
    <div className="canvas" ref={element}>
      {measured && (
        <ConnectingContext value={connecting}>
          <ReactFlowProvider>
            <Flow connecting={connecting} />
          </ReactFlowProvider>
        </ConnectingContext>
      )}
    </div>
  );
}
