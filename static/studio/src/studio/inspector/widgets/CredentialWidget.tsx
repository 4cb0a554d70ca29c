import { useEffect, useRef, useState } from "react";
import { ApiError } from "../../../lib/api";
import {
  credentialKinds,
  credentialOf,
  findCredentials,
  LEFT_BEHIND,
  type Credential,
  type CredentialKind,
} from "../../collab/credentialApi";
import { useEditor } from "../../model/hooks";
import { Icon } from "../../parts/Icon";
import { Popup } from "../../parts/Popup";
import { SearchList, type Item } from "../../parts/SearchList";
import { NewCredentialDialog } from "./NewCredentialDialog";
import type { WidgetProps } from "./props";

const PAUSE = 200; // while somebody types
const NEW = "new";

/** A credential of those that one may use, found by its name; who may can make one here. */
export function CredentialWidget({ value, onChange, id, testId, invalid, describedBy, readOnly, label }: WidgetProps) {
  const editor = useEditor();
  const { see, make } = editor.boot.credentials;
  const chosen = typeof value === "string" ? value : "";
  const [shown, remember] = useChosen(chosen);
  const button = useRef<HTMLButtonElement>(null);
  const [at, setAt] = useState<readonly [number, number] | null>(null);
  const [making, setMaking] = useState(false);
  const close = () => {
    setAt(null);
    button.current?.focus();
  };
  const choose = (next: Credential) => {
    remember(next);
    onChange(next.id);
  };
  return (
    <>
      <button
        ref={button}
        id={id}
        type="button"
        className="input workflow-button"
        disabled={readOnly || !see}
        aria-label={label}
        aria-haspopup="dialog"
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        data-testid={testId}
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          setAt([left, bottom + 4]);
        }}
      >
        <span className="credential-name">
          {chosen && <KindIcon kind={shown.credential?.kind ?? ""} />}
          <span className={`truncate ${chosen ? "" : "quiet"}`}>{chosen ? shown.name : "None"}</span>
        </span>
        <Icon name="chevrons-up-down" size={14} />
      </button>
      {!see && <span className="field-hint">Your role does not let you use credentials. Ask an admin of the workspace.</span>}
      {shown.credential && <span className="field-hint">{`Sent to ${shown.credential.hosts.join(", ")}`}</span>}
      {at && (
        <Popup at={at} label="Credential" onClose={close} className="picker" brief>
          <Choices
            onClose={close}
            onNew={() => {
              close();
              setMaking(true);
            }}
            onChoose={(next) => {
              choose(next);
              close();
            }}
          />
        </Popup>
      )}
      {making && make && (
        <NewCredentialDialog
          onClose={() => setMaking(false)}
          onMade={(made) => {
            choose(made);
            setMaking(false);
            editor.announcer.say(`${made.name} is kept and chosen`);
          }}
        />
      )}
    </>
  );
}

interface ChoicesProps {
  onChoose: (chosen: Credential) => void;
  onNew: () => void;
  onClose: () => void;
}

function Choices({ onChoose, onNew, onClose }: ChoicesProps) {
  const editor = useEditor();
  const kinds = useKinds();
  const [query, setQuery] = useState("");
  const { found, problem } = useFound(query);
  const { make } = editor.boot.credentials;
  const items: Item[] = (found ?? []).map((each) => ({
    id: each.id,
    label: each.name,
    detail: each.enabled ? (kinds.find(({ name }) => name === each.kind)?.label ?? "") : "disabled",
    words: query, // the server looked at hosts and descriptions as well
    lead: <KindIcon kind={each.kind} />,
    testId: "credential-option",
  }));
  const more: Item = { id: NEW, label: "New credential…", words: query, lead: <Icon name="plus" />, testId: "credential-new" };
  const empty = query ? "No credential that you may use matches." : "There is no credential that you may use yet.";
  return (
    <>
      <SearchList
        items={make ? [...items, more] : items}
        label="Credential"
        placeholder="Find a credential"
        nothing={problem || (found ? empty : "Loading the credentials…")}
        onQuery={setQuery}
        onChoose={(id) => {
          const chosen = found?.find((each) => each.id === id);
          if (id === NEW) onNew();
          else if (chosen) onChoose(chosen);
        }}
        onClose={onClose}
      />
      {make && (problem || !found?.length) && (
        <p className="panel-hint" role="status">
          {problem || (found ? empty : "Loading the credentials…")}
        </p>
      )}
    </>
  );
}

/** Ask the server for what matches; what it says last counts. */
function useFound(query: string): { found: readonly Credential[] | null; problem: string } {
  const { boot } = useEditor();
  const [found, setFound] = useState<readonly Credential[] | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const stop = new AbortController();
    const ask = () =>
      findCredentials(boot, query, stop.signal)
        .then((results) => {
          setFound(results);
          setProblem("");
        })
        .catch((error: unknown) => !stop.signal.aborted && setProblem(wordsOf(error)));
    const timer = setTimeout(() => void ask(), query ? PAUSE : 0);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [boot, query]);
  return { found, problem };
}

/** Draw a kind as the server names its icon; decoration, since the words say the same. */
function KindIcon({ kind }: { kind: string }) {
  const kinds = useKinds();
  return <Icon name={kinds.find(({ name }) => name === kind)?.icon ?? "key"} size={14} />;
}

function useKinds(): readonly CredentialKind[] {
  const { boot } = useEditor();
  const [kinds, setKinds] = useState<readonly CredentialKind[]>([]);
  useEffect(() => {
    if (!boot.credentials.see) return;
    let here = true;
    credentialKinds(boot).then(
      (found) => here && setKinds(found),
      () => undefined, // without them a key is drawn for each
    );
    return () => {
      here = false;
    };
  }, [boot]);
  return kinds;
}

interface Chosen {
  id: string;
  name: string;
  credential: Credential | null;
}

/** Return the chosen credential as it is called, asked of the server, and how to say it is known. */
function useChosen(id: string): [Chosen, (known: Credential) => void] {
  const { boot } = useEditor();
  const [known, setKnown] = useState<Chosen>({ id: "", name: "", credential: null });
  const remember = (credential: Credential) => setKnown({ id: credential.id, name: credential.name, credential });
  const isAsked = id !== "" && id !== LEFT_BEHIND && boot.credentials.see && known.id !== id;
  useEffect(() => {
    if (!isAsked) return;
    let here = true;
    const unseen = { id, name: "A credential that you cannot see", credential: null };
    credentialOf(boot, id)
      .then((found) => here && setKnown(found ? { id, name: found.name, credential: found } : unseen))
      .catch((error: unknown) => here && setKnown({ ...unseen, name: wordsOf(error) }));
    return () => {
      here = false;
    };
  }, [boot, id, isAsked]);
  if (id === LEFT_BEHIND) return [{ id, name: "Left in another workspace", credential: null }, remember];
  if (!boot.credentials.see) return [{ id, name: "A credential that you cannot see", credential: null }, remember];
  return [known.id === id ? known : { id, name: "…", credential: null }, remember];
}

function wordsOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 403) return "Your role does not let you see credentials.";
  return error instanceof Error ? error.message : String(error);
}
