import { useEditor, useFrame, useRunOverlay } from "../model/hooks";
import { loopOf } from "../model/rounds";
import { Button, IconButton } from "../parts/Button";

/** Which round of each loop around a step is shown: back and forth, by number, or where it failed. */
export function RoundPicker({ id }: { id: string }) {
  const frame = useFrame(id);
  if (!frame) return null;
  const parts = frame.split("/");
  return (
    <div className="rounds">
      {parts.map((_, depth) => (
        <RoundsOf key={depth} node={id} frame={parts.slice(0, depth + 1).join("/")} />
      ))}
    </div>
  );
}

function RoundsOf({ node, frame }: { node: string; frame: string }) {
  const { overlay, store } = useEditor();
  const { loop, index } = loopOf(frame);
  const holder = loop.slice(loop.lastIndexOf("/") + 1);
  useRunOverlay(holder);
  useRunOverlay(node);
  const begun = overlay.rounds.begun(loop);
  const progress = overlay.progress(holder, store.insideOf(holder));
  const failed = progress?.failed ?? [];
  const nextFailed = failed.find((each) => each > index) ?? failed.find((each) => each !== index);
  const title = store.titleOf(holder);
  if (!begun) return null; // this round of the loop around it has not come so far
  const go = (next: number) => {
    if (Number.isInteger(next) && next >= 0 && next < begun) overlay.choose(`${loop}.${next}`);
  };
  return (
    <div className="round-picker" role="group" aria-label={`Round of ${title}`} data-testid="round-picker">
      <span className="quiet truncate" title={title}>
        {title}
      </span>
      <IconButton icon="chevron-left" label="Previous round" disabled={index === 0} onClick={() => go(index - 1)} data-testid="round-previous" />
      <label className="round-number">
        Round
        <input
          key={index}
          className="input input-mono"
          inputMode="numeric"
          aria-label={`Round, 1 to ${begun}`}
          defaultValue={index + 1}
          data-testid="round-number"
          onKeyDown={(event) => event.key === "Enter" && go(Number(event.currentTarget.value) - 1)}
          onBlur={(event) => go(Number(event.currentTarget.value) - 1)}
        />
        {`of ${progress?.total ?? begun}`}
      </label>
      <IconButton icon="chevron-right" label="Next round" disabled={index >= begun - 1} onClick={() => go(index + 1)} data-testid="round-next" />
      <span className="spring" />
      {nextFailed !== undefined && (
        <Button look="quiet" icon="circle-alert" onClick={() => go(nextFailed)} data-testid="round-failed">
          Failed
        </Button>
      )}
      {overlay.rounds.isChosen(loop) && (
        <Button look="quiet" onClick={() => overlay.follow(loop)} title="Show the newest round, and each that begins">
          Latest
        </Button>
      )}
    </div>
  );
}
