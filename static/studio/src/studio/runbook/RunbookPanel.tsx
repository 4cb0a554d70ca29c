import { useEffect, useRef, useState } from "react";
import { useEditor, useObservable } from "../model/hooks";
import { IconButton } from "../parts/Button";
import { Desk, type Look } from "./desk";
import { LinkField } from "./LinkField";
import { KINDS } from "./pictures";
import { SlashMenu, type MenuHandle } from "./SlashMenu";
import { Toolbar } from "./Toolbar";

const KEY = "auterity-runbook-width";
const LEAST = 360;
const MOST = 900;
const USUAL = 520;

/** The runbook beside the canvas, or in its place. Once opened it stays, so that its undo does too. */
export function RunbookPanel() {
  const editor = useEditor();
  const { panels } = editor;
  const shown = useObservable(panels.runbook);
  const attached = useObservable(editor.attached);
  const [width, setWidth] = useState(() => clamped(Number(localStorage.getItem(KEY)) || USUAL));
  const [opened, setOpened] = useState(shown !== null);
  useEffect(() => {
    if (shown) setOpened(true);
  }, [shown]);
  if (!opened) return null;
  const close = () => {
    panels.runbook.set(null);
    editor.view.focus();
  };
  const resize = (next: number) => {
    setWidth(clamped(next));
    localStorage.setItem(KEY, String(clamped(next)));
  };
  return (
    <section
      className="runbook-panel"
      aria-label="Runbook"
      data-testid="runbook"
      data-shown={shown ?? undefined}
      hidden={shown === null}
      style={{ "--runbook-width": `${width}px` } as React.CSSProperties}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) close();
      }}
    >
      {shown === "beside" && <Splitter width={width} resize={resize} />}
      {attached ? <Writing close={close} /> : <p className="panel-hint">Opening the runbook…</p>}
    </section>
  );
}

function Writing({ close }: { close: () => void }) {
  const editor = useEditor();
  const host = useRef<HTMLDivElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const menu = useRef<MenuHandle>(null);
  const [desk, setDesk] = useState<Desk | null>(null);
  const [linking, setLinking] = useState(false);
  useEffect(() => {
    const fragment = editor.doc?.runbook;
    if (!fragment || !host.current) return;
    const made = new Desk(editor, fragment, {
      parent: host.current,
      onLink: () => {
        setLinking(true);
        return true;
      },
      onMenuKey: (key) => menu.current?.press(key) ?? false,
      onLeave: close,
      onPick: () => files.current?.click(),
    });
    setDesk(made);
    return () => made.destroy();
  }, [editor]); // `close` does the same whenever it is made
  useWishes(desk);
  return (
    <>
      <Head desk={desk} close={close} />
      {desk && !editor.readOnly && <Toolbar desk={desk} />}
      {desk && linking && <LinkField desk={desk} onClose={() => setLinking(false)} />}
      <div className="runbook-scroll">
        {desk && <State desk={desk} />}
        <div ref={host} id="runbook-text" className="runbook-page" />
      </div>
      {desk && <Menu desk={desk} handle={menu} />}
      <input
        ref={files}
        type="file"
        accept={KINDS.join(",")}
        multiple
        hidden
        aria-label="Pictures for the runbook"
        data-testid="runbook-files"
        onChange={({ currentTarget }) => {
          const chosen = [...(currentTarget.files ?? [])];
          currentTarget.value = "";
          void desk?.addPictures(chosen);
        }}
      />
    </>
  );
}

function Head({ desk, close }: { desk: Desk | null; close: () => void }) {
  const editor = useEditor();
  const { urls } = editor.boot;
  const shown = useObservable(editor.panels.runbook);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(desk?.markdown() ?? "");
      editor.say("The runbook is in the clipboard, as Markdown.");
    } catch {
      editor.say("The browser does not allow this here. Select the text and press Ctrl+C instead.", "bad");
    }
  };
  return (
    <header className="runbook-head">
      <h2>Runbook</h2>
      <span className="spring" />
      <IconButton icon="copy" label="Copy as Markdown" onClick={() => void copy()} />
      <a className="icon-button" href={urls.runbookFile} aria-label="Download as Markdown" title="Download as Markdown" download>
        <svg className="icon" width={16} height={16} aria-hidden="true">
          <use href="/static/site/img/icons.svg#download" />
        </svg>
      </a>
      <a className="icon-button" href={urls.runbook} aria-label="Open the page to read" title="Open the page to read">
        <svg className="icon" width={16} height={16} aria-hidden="true">
          <use href="/static/site/img/icons.svg#external-link" />
        </svg>
      </a>
      <IconButton
        className="wide-only"
        icon={shown === "full" ? "minimize-2" : "maximize-2"}
        label={shown === "full" ? "Beside the canvas" : "In place of the canvas"}
        data-testid="runbook-full"
        onClick={() => editor.panels.runbook.set(shown === "full" ? "beside" : "full")}
      />
      <IconButton icon="x" label="Close the runbook" data-testid="runbook-close" onClick={close} />
    </header>
  );
}

function Menu({ desk, handle }: { desk: Desk; handle: React.Ref<MenuHandle> }) {
  const look = useObservable(desk.look);
  return <SlashMenu desk={desk} look={look} handle={handle} />;
}

/** What stands over the text where there is none, or where it cannot be shown. */
function State({ desk }: { desk: Desk }) {
  const editor = useEditor();
  const look: Look = useObservable(desk.look);
  if (!look.sound)
    return (
      <p className="panel-hint" role="alert">
        A program wrote something into this runbook that cannot be shown. It is put right in a moment; nothing else is lost.
      </p>
    );
  if (!look.empty) return null;
  return (
    <p className="runbook-empty quiet" aria-hidden={!editor.readOnly}>
      {editor.readOnly
        ? "Nothing is written yet. Who may edit this workflow can write its runbook."
        : "Write what this workflow is for, what to check and whom to ask. Press / for lists, tables, pictures, steps and runs."}
    </p>
  );
}

/** Others of the studio want the keyboard here, or a step's block shown. */
function useWishes(desk: Desk | null): void {
  const { announcer, panels, store } = useEditor();
  const asked = useObservable(panels.runbookFocus);
  const mention = useObservable(panels.mention);
  useEffect(() => {
    if (!asked || !desk) return;
    desk.view?.focus();
    panels.runbookFocus.set(0); // heard: a panel that comes anew later takes no keyboard
  }, [desk, asked, panels]);
  useEffect(() => {
    if (!desk || mention === null) return;
    panels.mention.set(null);
    if (desk.reveal(mention)) announcer.say(`${store.titleOf(mention)}, in the runbook`);
  }, [announcer, desk, mention, panels, store]);
}

function Splitter({ width, resize }: { width: number; resize: (next: number) => void }) {
  return (
    <div
      className="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the runbook"
      aria-valuenow={width}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onKeyDown={(event) => {
        const by = { ArrowLeft: 20, ArrowRight: -20 }[event.key];
        if (by) resize(width + by);
      }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        const right = event.currentTarget.parentElement?.getBoundingClientRect().right ?? innerWidth;
        if (event.buttons) resize(right - event.clientX);
      }}
    />
  );
}

function clamped(width: number): number {
  return Math.min(MOST, Math.max(LEAST, width));
}
