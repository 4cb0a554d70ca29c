// Which panels and dialogs are open. Anyone may ask for one; the shell shows it.

import { Observable } from "./observable";

/** What the left rail's drawer shows. */
export type Drawer = "palette" | "outline" | "problems" | "versions" | "find";
/** What lies over everything. */
export type Dialog = "publish" | "commands" | "keys" | "run";
export type InspectorTab = "setup" | "input" | "output" | "runs";

export class Panels {
  readonly drawer = new Observable<Drawer | null>(null);
  readonly dialog = new Observable<Dialog | null>(null);
  /** The inspector opens with a selected step and is closed by hand. */
  readonly inspector = new Observable(true);
  readonly tab = new Observable<InspectorTab>("setup");
  /** The run bar grown to a panel with the steps of the run. */
  readonly runPanel = new Observable(false);

  toggleDrawer(drawer: Drawer): void {
    this.drawer.set(this.drawer.value === drawer ? null : drawer);
  }
}
