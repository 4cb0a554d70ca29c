import type { Thread } from "../model/comments";
import { Avatar } from "../parts/Avatar";
import { Icon } from "../parts/Icon";
import { When } from "../parts/When";
import { About } from "./ThreadView";

/** A thread in a list: who began it with which words, how long it is, whether there is news. */
export function ThreadRow({ thread, current, onChoose }: { thread: Thread; current?: boolean; onChoose: () => void }) {
  const { first } = thread;
  const name = first?.author?.name ?? (thread.waiting ? "You" : "A former member");
  const replies = thread.comment_count - 1;
  return (
    <li>
      <button
        type="button"
        className="thread-row"
        aria-current={current || undefined}
        data-testid="thread-row"
        data-thread={thread.id}
        data-unread={thread.unread > 0 || undefined}
        onClick={onChoose}
      >
        <About thread={thread} />
        <span className="said-head">
          {first?.author && <Avatar person={first.author} />}
          <strong className="truncate">{name}</strong>
          <span className="quiet">
            <When time={thread.last_at} />
          </span>
          <span className="spring" />
          {thread.unread > 0 && <span className="unread-count">{thread.unread} new</span>}
        </span>
        <span className="thread-row-text">{first?.text}</span>
        <span className="thread-row-foot quiet">
          {thread.waiting ? (
            <>
              <Icon name="cloud-off" size={12} /> Not sent yet
            </>
          ) : (
            replies > 0 && (replies === 1 ? "1 reply" : `${replies} replies`)
          )}
          {thread.resolved && (
            <span className="pill pill-ok">
              <Icon name="check" size={12} />
              Resolved
            </span>
          )}
        </span>
      </button>
    </li>
  );
}
