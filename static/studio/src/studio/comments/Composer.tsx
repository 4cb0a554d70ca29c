import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { discussionOf } from "../collab/discussion";
import type { Person } from "../model/boot";
import { nameBeingWritten, stillNamed } from "../model/comments";
import { useEditor } from "../model/hooks";
import { Avatar } from "../parts/Avatar";
import { Button } from "../parts/Button";

const LONGEST = 4_000;
const PAUSE = 150; // of typing, before it is asked whose name it is

interface Props {
  label: string;
  send: string;
  /** What is kept of it when it closes, by what it answers; nothing for an edit. */
  place?: string;
  text?: string;
  mentions?: readonly Person[];
  autoFocus?: boolean;
  /** Say it; whether that was possible. */
  onSend: (text: string, mentions: readonly Person[]) => Promise<boolean>;
  onCancel?: () => void;
}

/** Where a comment is written: @ offers people, Ctrl+Enter sends, nothing that is written gets lost. */
export function Composer({ label, send, place, text: before = "", mentions: named = [], autoFocus, onSend, onCancel }: Props) {
  const { comments } = useEditor();
  const kept = place === undefined ? undefined : comments.drafts.get(place);
  const [text, setText] = useState(kept?.text ?? before);
  const [people, setPeople] = useState<readonly Person[]>(kept?.mentions ?? named);
  const [sending, setSending] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = usePicker(text, field);
  const own = useId();
  useEffect(() => {
    if (autoFocus) field.current?.focus();
  }, [autoFocus]);
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [text]);
  const write = (next: string, chosen = people) => {
    setText(next);
    setPeople(chosen);
    if (place === undefined) return;
    if (next) comments.drafts.set(place, { text: next, mentions: [...chosen] });
    else comments.drafts.delete(place);
  };
  const choose = (person: Person) => {
    const caret = field.current?.selectionStart ?? text.length;
    const from = nameBeingWritten(text, caret)?.from ?? caret;
    const start = `${text.slice(0, from)}@${person.name} `;
    write(start + text.slice(caret), [...people, person]);
    picker.close();
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(start.length, start.length);
    });
  };
  const submit = async () => {
    if (!text.trim() || sending) return;
    setSending(true);
    const done = await onSend(text.trim(), stillNamed(text, people));
    setSending(false);
    if (done) write("", []);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    event.stopPropagation(); // no key of the studio is meant in here
    const person = picker.found[picker.at];
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
    else if (picker.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) picker.move(event.key === "ArrowDown" ? 1 : -1);
    else if (picker.open && person && (event.key === "Enter" || event.key === "Tab")) choose(person);
    else if (picker.open && event.key === "Escape") picker.close();
    else if (event.key === "Escape" && onCancel) onCancel();
    else return;
    event.preventDefault();
  };
  return (
    <div className="composer" data-testid="composer">
      <textarea
        ref={field}
        className="input composer-text"
        aria-label={label}
        aria-autocomplete="list"
        aria-controls={picker.open ? `${own}-people` : undefined}
        aria-activedescendant={picker.open && picker.found[picker.at] ? `${own}-${picker.at}` : undefined}
        aria-describedby={`${own}-hint`}
        placeholder={label}
        rows={2}
        maxLength={LONGEST}
        value={text}
        onChange={(event) => write(event.target.value)}
        onSelect={picker.look}
        onKeyDown={onKeyDown}
      />
      {picker.open && (
        <ul id={`${own}-people`} className="composer-people" role="listbox" aria-label="People to mention" data-testid="mention-list">
          {picker.found.map((person, index) => (
            <li
              key={person.id}
              id={`${own}-${index}`}
              role="option"
              aria-selected={index === picker.at}
              className="composer-person"
              onPointerDown={(event) => {
                event.preventDefault();
                choose(person);
              }}
            >
              <Avatar person={person} />
              <span className="truncate">{person.name}</span>
            </li>
          ))}
          {!picker.found.length && (
            <li className="composer-nobody" role="option" aria-selected="false" aria-disabled="true">
              {picker.problem || "Nobody of this name may see the workflow."}
            </li>
          )}
        </ul>
      )}
      <div className="composer-foot">
        <span id={`${own}-hint`} className="quiet composer-hint">
          @ mentions · Ctrl Enter sends
        </span>
        {onCancel && (
          <Button look="quiet" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button look="primary" disabled={!text.trim() || sending} data-testid="send-comment" onClick={() => void submit()}>
          {sending ? "Sending…" : send}
        </Button>
      </div>
    </div>
  );
}

/** Who fits the name that is being written at the caret. */
function usePicker(text: string, field: React.RefObject<HTMLTextAreaElement | null>) {
  const editor = useEditor();
  const [query, setQuery] = useState<string | null>(null);
  const [found, setFound] = useState<readonly Person[] | null>(null);
  const [at, setAt] = useState(0);
  const [problem, setProblem] = useState("");
  const look = () => {
    const element = field.current;
    const caret = element && element.selectionStart === element.selectionEnd ? element.selectionStart : null;
    setQuery(caret === null ? null : (nameBeingWritten(element?.value ?? text, caret)?.query ?? null));
  };
  useEffect(look, [text]); // the caret moves with the text
  useEffect(() => {
    setAt(0);
    if (query === null) {
      setFound(null);
      return;
    }
    let wanted = true;
    const timer = setTimeout(() => {
      discussionOf(editor).api.people(query).then(
        (people) => {
          if (!wanted) return;
          setProblem("");
          // A finished name and more words: this is no name any more.
          setFound(!people.length && query.includes(" ") ? null : people);
        },
        () => {
          if (!wanted) return;
          setProblem("People cannot be looked up without a connection.");
          setFound([]);
        },
      );
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [editor, query]);
  return {
    open: query !== null && found !== null,
    found: found ?? [],
    at: Math.min(at, Math.max(0, (found?.length ?? 0) - 1)),
    problem,
    look,
    close: () => {
      setQuery(null);
      setFound(null);
    },
    move: (by: number) => setAt((before) => (before + by + (found?.length ?? 1)) % Math.max(1, found?.length ?? 1)),
  };
}
