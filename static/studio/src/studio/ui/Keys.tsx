import { letterKeys } from "../canvas/letters";
import { useObservable } from "../model/hooks";
import { bindings, EVERYWHERE } from "../model/keys";
import { Dialog } from "../parts/Dialog";

const SHOWN: Record<string, string> = {
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowDown: "↓",
  ArrowUp: "↑",
  Escape: "Esc",
  ContextMenu: "Menu",
};
const ALL = [...EVERYWHERE, ...bindings({ layout: () => Promise.resolve([]) })];

/** All keys; single letters can be switched off here. */
export function Keys({ onClose }: { onClose: () => void }) {
  const letters = useObservable(letterKeys);
  const groups = Map.groupBy(ALL, (binding) => binding.group);
  return (
    <Dialog open onClose={onClose} title="Keys" wide>
      <div className="dialog-body keys">
        <label className="check">
          <input
            type="checkbox"
            checked={letters}
            onChange={(event) => letterKeys.set(event.target.checked)}
          />
          Single letters and signs act while the canvas has the keyboard
        </label>
        {[...groups].map(([group, list]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {[...Map.groupBy(list, (binding) => binding.words)].map(([words, same]) => (
                <div key={words} className="key-row">
                  <dt>{words}</dt>
                  <dd>
                    {shownOnce(same.map(({ keys }) => keys)).map((keys) => (
                      <kbd key={keys}>{keys}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

/** Four arrows with the same other keys are one entry. */
function shownOnce(keys: string[]): string[] {
  return [...new Set(keys.map((each) => shown(keys.length === 4 ? each.replace(/Arrow.*/, "arrows") : each)))];
}

function shown(keys: string): string {
  return keys
    .split(/\+(?=.)/)
    .map((key) => SHOWN[key] ?? key)
    .join(" ");
}
