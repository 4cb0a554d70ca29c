import { useEditor, useObservable } from "../model/hooks";
import { Icon } from "../parts/Icon";
import { When } from "../parts/When";

/** What was said in this visit, the newest first: a message that went by is not lost. */
export function MessageList() {
  const messages = useObservable(useEditor().messages);
  if (!messages.length) return <p className="panel-hint">Nothing was said yet. Messages that went by stand here.</p>;
  return (
    <ul className="problem-list" data-testid="message-list">
      {messages.map(({ text, kind, at }) => (
        <li key={at} className={`problem ${kind === "bad" ? "problem-error" : ""}`}>
          <Icon name={kind === "bad" ? "circle-alert" : "info"} />
          <span>
            <span>{text}</span>
            <span className="quiet">
              <When time={new Date(at).toISOString()} />
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
