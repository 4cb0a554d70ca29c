import { useEffect, useState } from "react";
import { discussionOf, linkTo } from "../collab/discussion";
import { reason } from "../collab/follower";
import { aboutWords, isDetached, partsOf, type Comment, type Thread } from "../model/comments";
import { useEditor, useGraph, useObservable } from "../model/hooks";
import { Avatar } from "../parts/Avatar";
import { Button, IconButton } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { When } from "../parts/When";
import { Composer } from "./Composer";

/** A thread as people talk in it. */
export function ThreadView({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const editor = useEditor();
  const discussion = discussionOf(editor);
  const { said, problem, again } = useSaid(thread);
  const unsent = useObservable(editor.comments.unsent).filter((each) => each.thread === thread.id);
  const mayWrite = editor.boot.permissions.comment;
  return (
    <>
      <ThreadHead thread={thread} onClose={onClose} />
      <div className="thread-body" tabIndex={0} role="group" aria-label="Comments" data-testid="thread-comments">
        <About thread={thread} />
        {problem && (
          <p className="panel-hint field-error" role="alert">
            {problem} <Button look="quiet" onClick={again}>Try again</Button>
          </p>
        )}
        {!said && !problem && <p className="panel-hint" role="status">Loading…</p>}
        {!!said?.length && (
          <ol className="said">
            {said.map((comment) => (
              <Said key={comment.id} thread={thread} comment={comment} onChanged={again} />
            ))}
          </ol>
        )}
        {unsent.map((each) => (
          <Waiting key={each.key} text={each.text} onDiscard={() => discussion.discard(each.key)} />
        ))}
        {thread.waiting && <Waiting text={thread.first?.text ?? ""} onDiscard={() => discussion.discard(thread.id)} />}
      </div>
      {mayWrite && !thread.waiting && (
        <Composer
          label={thread.resolved ? "Reply, and open it again" : "Reply"}
          send="Reply"
          place={thread.id}
          autoFocus
          onSend={(text, mentions) => discussion.say({ kind: "thread", id: thread.id }, text, mentions)}
          onCancel={onClose}
        />
      )}
      {!mayWrite && <p className="panel-hint">You can read here. Writing comments is not part of your role.</p>}
    </>
  );
}

function ThreadHead({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const editor = useEditor();
  const copy = async () => {
    const link = linkTo(thread, location);
    try {
      await navigator.clipboard.writeText(link);
      editor.say("Link copied.");
    } catch {
      editor.say(`The browser does not allow copying here. The link is ${link}`, "bad");
    }
  };
  return (
    <header className="thread-head">
      {thread.resolved ? (
        <span className="pill pill-ok">
          <Icon name="check" size={12} />
          Resolved
        </span>
      ) : (
        <h2>Comments</h2>
      )}
      <span className="spring" />
      {!thread.waiting && (
        <>
          <IconButton icon="link" label="Copy the link" onClick={() => void copy()} />
          {editor.boot.permissions.comment && (
            <IconButton
              icon={thread.resolved ? "rotate-ccw" : "check"}
              label={thread.resolved ? "Open again" : "Resolve"}
              data-testid="resolve-thread"
              onClick={() => void discussionOf(editor).resolve(thread)}
            />
          )}
        </>
      )}
      <IconButton icon="x" label="Close the comments" onClick={onClose} />
    </header>
  );
}

/** What the thread is about; of a step that is gone, what it was called. */
export function About({ thread }: { thread: Thread }) {
  const { store } = useEditor();
  useGraph();
  return (
    <p className="thread-about">
      <span className="truncate">{aboutWords(thread, store)}</span>
      {isDetached(thread, store) && (
        <span className="pill pill-warn" data-testid="detached">
          <Icon name="unlink" size={12} />
          Step deleted
        </span>
      )}
    </p>
  );
}

function Said({ thread, comment, onChanged }: { thread: Thread; comment: Comment; onChanged: () => void }) {
  const editor = useEditor();
  const discussion = discussionOf(editor);
  const [editing, setEditing] = useState(false);
  const [asking, setAsking] = useState(false);
  const { permissions, user } = editor.boot;
  const own = comment.author?.id === user.id;
  const name = comment.author?.name ?? "A former member";
  if (comment.deleted) return <li className="said-gone quiet">{name} deleted a comment</li>;
  return (
    <li className="said-one" data-testid="comment">
      {comment.author ? <Avatar person={comment.author} /> : <span className="avatar avatar-none" aria-hidden="true" />}
      <div className="said-words">
        <p className="said-head">
          <strong className="truncate">{name}</strong>
          <span className="quiet">
            <When time={comment.created_at} />
            {comment.edited_at && " · edited"}
          </span>
          <span className="spring" />
          {own && permissions.comment && <IconButton icon="pencil" label={`Edit your comment`} onClick={() => setEditing(true)} />}
          {(own ? permissions.comment : permissions.moderate) && (
            <IconButton icon="trash-2" label={`Delete ${own ? "your comment" : `the comment of ${name}`}`} onClick={() => setAsking(true)} />
          )}
        </p>
        {editing ? (
          <Composer
            label="Your comment"
            send="Save"
            text={comment.text}
            mentions={comment.mentions}
            autoFocus
            onCancel={() => setEditing(false)}
            onSend={async (text, mentions) => {
              const done = await discussion.change(thread.id, comment.id, text, mentions);
              if (done) {
                setEditing(false);
                onChanged();
              }
              return done;
            }}
          />
        ) : (
          <Words text={comment.text} mentions={comment.mentions} />
        )}
        {asking && (
          <p className="said-ask" role="alert">
            Delete this comment for everybody?
            <Button look="quiet" autoFocus onClick={() => setAsking(false)}>Keep</Button>
            <Button look="danger" onClick={() => void discussion.remove(thread.id, comment.id)}>Delete</Button>
          </p>
        )}
      </div>
    </li>
  );
}

/** A comment's text; those it mentions stand out. */
export function Words({ text, mentions }: Pick<Comment, "text" | "mentions">) {
  const { boot } = useEditor();
  return (
    <p className="said-text">
      {partsOf(text, mentions).map(({ text: part, person }, index) =>
        person ? (
          <span key={index} className="mention" data-self={person.id === boot.user.id || undefined}>
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </p>
  );
}

function Waiting({ text, onDiscard }: { text: string; onDiscard: () => void }) {
  return (
    <div className="said-waiting" data-testid="comment-waiting">
      <p className="said-text">{text}</p>
      <p className="said-head quiet">
        <Icon name="cloud-off" size={12} /> Not sent yet. Kept on this device.
        <span className="spring" />
        <Button look="quiet" onClick={onDiscard}>Discard</Button>
      </p>
    </div>
  );
}

/** What was said in a thread; read anew when somebody said something, and noted as seen. */
function useSaid(thread: Thread) {
  const editor = useEditor();
  const [said, setSaid] = useState<readonly Comment[] | null>(null);
  const [problem, setProblem] = useState("");
  const [asked, setAsked] = useState(0);
  const { id, waiting } = thread;
  useEffect(() => {
    if (waiting) {
      setSaid([]);
      return;
    }
    let wanted = true;
    const discussion = discussionOf(editor);
    const read = () =>
      discussion.api.comments(id).then(
        (found) => {
          if (!wanted) return;
          setProblem("");
          setSaid(found);
          const now = editor.comments.threads.value.get(id);
          if (now) void discussion.read(now);
        },
        (error: unknown) => wanted && setProblem(reason(error)),
      );
    void read();
    const stop = discussion.onNews((changed) => {
      if (changed === id || !changed) void read();
    });
    return () => {
      wanted = false;
      stop();
    };
  }, [editor, id, waiting, asked]);
  return { said, problem, again: () => setAsked((count) => count + 1) };
}
