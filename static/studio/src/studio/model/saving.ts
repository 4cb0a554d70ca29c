// Whether what was edited is kept, as the top bar says it.

export type SaveState =
  | { kind: "saved"; at: number | null }
  | { kind: "saving" }
  | { kind: "offline" }
  | { kind: "refused"; reason: string };

export function saveWords(state: SaveState): string {
  switch (state.kind) {
    case "saved":
      return "Saved";
    case "saving":
      return "Saving…";
    case "offline":
      return "Offline – changes kept";
    case "refused":
      return `Cannot save: ${state.reason}`;
  }
}
