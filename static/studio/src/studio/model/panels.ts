// Which panels and dialogs are open. Anyone may ask for one; the shell shows it.

import type { PortKind } from "./boot";
import { Observable } from "./observable";

/** What the left rail's drawer shows. */
export type Drawer = "palette" | "outline" | "problems" | "history" | "find" | "settings" | "tests" | "messages" | "comments";
/** What lies over everything. */
export type Dialog = "publish" | "commands" | "keys" | "run";
export type InspectorTab = "setup" | "input" | "output" | "runs";

/** How a step type travels from the palette to the canvas by drag and drop. */
export const STEP_TYPE = "application/x-auterity-step";

/** How wide the inspector is by itself, and at most: then there is room for a step's input and output side by side. */
export const USUAL_WIDTH = 348;
export const MOST_WIDTH = 560;

/** One port of one step, as an end of an edge that is being made. */
export interface PortRef {
  node: string;
  port: string;
  side: "source" | "target";
  kind: PortKind;
}

/** A place in the window; the third number is where it ends instead, where there is no room after it. */
export type Spot = readonly [x: number, y: number, before?: number];

/** A wish for a step to be chosen: where it goes, and what it is connected with. */
export interface PickRequest {
  /** Where the list opens, in the window. */
  screen: Spot;
  /** Where the step goes, in the canvas's own units; without it, beside what it is connected with. */
  at?: readonly [number, number];
  from?: PortRef;
  /** The edge that it is put into. */
  edge?: string;
  /** The step that it is to lie in, where nothing else says so. */
  into?: string;
  /** The step whose place it takes. */
  instead?: string;
}

/** A menu on the canvas, for a step, an edge or the canvas itself. */
export interface MenuRequest {
  screen: Spot;
  node?: string;
  edge?: string;
  at?: readonly [number, number];
}

/** Where a line runs down, and where one runs across; null for none. */
export interface Guides {
  x: number | null;
  y: number | null;
}
export const NO_GUIDES: Guides = { x: null, y: null };

export class Panels {
  readonly picker = new Observable<PickRequest | null>(null);
  readonly menu = new Observable<MenuRequest | null>(null);
  /** The step that is being connected by keyboard. */
  readonly connector = new Observable<string | null>(null);
  /** The steps for which one that holds them is being chosen. */
  readonly mover = new Observable<readonly string[] | null>(null);
  /** The frame into which something that is dragged would go; undefined while it stays where it lies. */
  readonly dropFrame = new Observable<string | undefined>(undefined);
  /** The edge into which a step that is dragged would be put. */
  readonly dropEdge = new Observable<string | null>(null);
  /** Lines along which what is dragged stands with others. */
  readonly guides = new Observable<Guides>(NO_GUIDES);
  /** The step or note whose title or text is being edited on the canvas. */
  readonly renaming = new Observable<string | null>(null);
  /** The steps that a part of a run would be, while somebody points at it. */
  readonly willRun = new Observable<ReadonlySet<string>>(new Set());
  /** The step up to which the run is that the dialog asks for; null for all of it. */
  readonly runUntil = new Observable<string | null>(null);
  readonly drawer = new Observable<Drawer | null>(null);
  readonly dialog = new Observable<Dialog | null>(null);
  /** The inspector opens with a selected step and is closed by hand. */
  readonly inspector = new Observable(true);
  /** How wide it is, in pixels. */
  readonly inspectorWidth = new Observable(USUAL_WIDTH);
  readonly tab = new Observable<InspectorTab>("setup");
  /** The run bar grown to a panel with the steps of the run. */
  readonly runPanel = new Observable(false);

  /** Where the runbook is shown: beside the canvas or in its place; null while it is closed. */
  readonly runbook = new Observable<"beside" | "full" | null>(null);
  /** Counts wishes to have the keyboard in the runbook. */
  readonly runbookFocus = new Observable(0);
  /** The step whose block in the runbook somebody wants to see. */
  readonly mention = new Observable<string | null>(null);

  /** Counts wishes to have the keyboard in the field of what is to be found. */
  readonly findFocus = new Observable(0);
  /** Counts wishes to have the keyboard in the inspector; who shows it moves the focus there. */
  readonly inspectorFocus = new Observable(0);

  openInspector(): void {
    this.inspector.set(true);
    this.inspectorFocus.set(this.inspectorFocus.value + 1);
  }

  openFind(): void {
    this.drawer.set("find");
    this.findFocus.set(this.findFocus.value + 1);
  }

  openRunbook(step: string | null = null): void {
    this.runbook.set(this.runbook.value ?? "beside");
    this.mention.set(step);
    if (step === null) this.runbookFocus.set(this.runbookFocus.value + 1);
  }

  toggleDrawer(drawer: Drawer): void {
    this.drawer.set(this.drawer.value === drawer ? null : drawer);
  }
}
