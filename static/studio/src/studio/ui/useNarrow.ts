import { useSyncExternalStore } from "react";

const query = matchMedia("(max-width: 719px)");

/** Tell whether the window is too narrow for a canvas; the outline is the editor then. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => query.matches,
  );
}
