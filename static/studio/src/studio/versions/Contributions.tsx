import type { Share, Unpublished } from "../collab/versionApi";
import { sizeOf } from "../model/diff";
import { useEditor } from "../model/hooks";
import { counted } from "../model/summary";
import { Avatar } from "../parts/Avatar";
import { Icon } from "../parts/Icon";
import { DiffList } from "./DiffList";

/** What publishing lets out, by who changed it: nobody's unfinished work goes out unseen. */
export function Contributions({ found, onGo }: { found: Unpublished; onGo: () => void }) {
  const { version, contributions } = found;
  const others = contributions.filter((share) => !share.is_you).length;
  return (
    <section aria-label="Changes" className="contributions">
      <h3 className="form-title">{version === null ? "First version" : `Changes since version ${version}`}</h3>
      {version === null && <p className="quiet">Until now nothing was published, so everything is new.</p>}
      {!contributions.length && version !== null && (
        <p className="quiet">
          {`Nothing has changed since version ${version}. Moving steps, notes and the runbook change nothing that runs.`}
        </p>
      )}
      {version !== null && others > 0 && (
        <p className="contributions-note">
          <Icon name="users" size={14} />
          {others === 1 ? "Somebody else's changes go out with this version." : "Changes of others go out with this version."}
        </p>
      )}
      {contributions.map((share) => (
        <ByAuthor key={`${share.author?.id} ${share.through_api}`} share={share} onGo={onGo} />
      ))}
    </section>
  );
}

function ByAuthor({ share, onGo }: { share: Share; onGo: () => void }) {
  const editor = useEditor();
  const { author, is_you: isYou, through_api: throughApi } = share;
  const name = author?.name ?? "Somebody who is gone";
  const goTo = {
    step: (id: string) => {
      onGo();
      editor.panels.tab.set("setup");
      editor.goTo(id);
    },
    edge: (id: string) => {
      onGo();
      editor.selection.selectEdge(id);
      const edge = editor.store.edges.get(id);
      if (edge) editor.view.camera?.reveal([edge.source, edge.target], { centre: true });
    },
    settings: () => {
      onGo();
      editor.panels.drawer.set("settings");
    },
  };
  return (
    <section className="contribution" aria-label={`Changes of ${name}`} data-testid="contribution">
      <h4 className="contribution-head">
        {author ? <Avatar person={author} /> : <Icon name="user-round" />}
        <span className="truncate">{name}</span>
        {isYou && <span className="tag">You</span>}
        {throughApi && <span className="tag">Through the API</span>}
        <span className="spring" />
        <span className="quiet">{counted(sizeOf(share), "changes")}</span>
      </h4>
      <DiffList diff={share} goTo={goTo} />
    </section>
  );
}
