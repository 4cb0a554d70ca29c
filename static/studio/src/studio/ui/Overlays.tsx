import { useEditor, useObservable } from "../model/hooks";
import { lazily } from "../parts/lazily";

const CanvasMenu = lazily(async () => (await import("./CanvasMenu")).CanvasMenu);
const CommentPopup = lazily(async () => (await import("../comments/CommentPopup")).CommentPopup);
const Commands = lazily(async () => (await import("./Commands")).Commands);
const Connector = lazily(async () => (await import("../palette/Connector")).Connector);
const Keys = lazily(async () => (await import("./Keys")).Keys);
const Mover = lazily(async () => (await import("../palette/Mover")).Mover);
const Picker = lazily(async () => (await import("../palette/Picker")).Picker);
const PublishDialog = lazily(async () => (await import("../versions/PublishDialog")).PublishDialog);
const RunDialog = lazily(async () => (await import("../run/RunDialog")).RunDialog);

/** What lies over everything for a while: dialogs, menus and lists at a place. */
export function Overlays() {
  const { comments, panels } = useEditor();
  const discussing = useObservable(comments.opened) !== null;
  const dialog = useObservable(panels.dialog);
  const picking = useObservable(panels.picker) !== null;
  const connecting = useObservable(panels.connector) !== null;
  const moving = useObservable(panels.mover) !== null;
  const menu = useObservable(panels.menu) !== null;
  const close = () => panels.dialog.set(null);
  return (
    <>
      {dialog === "publish" && <PublishDialog onClose={close} />}
      {dialog === "run" && <RunDialog onClose={close} />}
      {dialog === "commands" && <Commands onClose={close} />}
      {dialog === "keys" && <Keys onClose={close} />}
      {discussing && <CommentPopup />}
      {picking && <Picker />}
      {connecting && <Connector />}
      {moving && <Mover />}
      {menu && <CanvasMenu />}
    </>
  );
}
