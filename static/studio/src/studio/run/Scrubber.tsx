import { useEffect } from "react";
import { useEditor, useObservable } from "../model/hooks";
import { SPEEDS, type Replay } from "../model/replay";
import { duration } from "../model/summary";
import { IconButton } from "../parts/Button";
import { Timeline } from "./Timeline";

/** Drag time: the canvas shows how the run stood then. Arrows go by event, letters play. */
export function Scrubber({ replay, revision }: { replay: Replay; revision: number }) {
  const editor = useEditor();
  const at = useObservable(replay.at);
  const speed = useObservable(replay.speed);
  useEffect(() => {
    if (speed === null) return;
    let before = performance.now();
    let frame = requestAnimationFrame(function next(now) {
      replay.tick(now - before);
      before = now;
      frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, [replay, speed]);
  const leave = () => {
    replay.leave();
    editor.replay.set(null);
    editor.view.focus();
  };
  const press = (event: React.KeyboardEvent) => {
    const does: Record<string, () => void> = {
      ArrowRight: () => replay.step(1),
      ArrowLeft: () => replay.step(-1),
      Home: () => replay.seek(0),
      End: () => replay.seek(replay.length),
      " ": () => (speed === null ? replay.play(1) : replay.pause()),
      Escape: leave,
    };
    const run = does[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  };
  const last = replay.last;
  const words = `${duration(at)}, ${last?.node ? `${editor.store.titleOf(last.node)}: ` : ""}${last?.type.split(".")[1]?.replace("_", " ") ?? ""}`;
  return (
    <div className="scrubber" data-testid="scrubber">
      <IconButton
        icon={speed === null ? "play" : "pause"}
        label={speed === null ? "Play" : "Pause"}
        data-testid="replay-play"
        onClick={() => (speed === null ? replay.play(1) : replay.pause())}
      />
      <div className="segmented" role="group" aria-label="Speed">
        {SPEEDS.map((each) => (
          <button key={each} type="button" aria-pressed={speed === each} onClick={() => replay.play(each)}>
            {`${each}×`}
          </button>
        ))}
      </div>
      <div className="scrubber-track">
        <Timeline now={replay.now} finishedAt={null} revision={revision} replay={replay} />
        <input
          type="range"
          className="scrubber-range"
          aria-label="Moment of the run"
          aria-valuetext={words}
          min={0}
          max={1}
          step="any"
          value={replay.scale.place(at)}
          autoFocus
          data-testid="replay-range"
          onKeyDown={press}
          onChange={(event) => {
            replay.pause();
            replay.seek(replay.scale.moment(Number(event.target.value)));
          }}
        />
      </div>
      <span className="mono quiet scrubber-words truncate" title={words}>
        {words}
      </span>
      <IconButton icon="x" label="Leave the replay" data-testid="replay-leave" onClick={leave} />
    </div>
  );
}
