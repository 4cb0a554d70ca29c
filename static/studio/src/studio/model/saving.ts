// Whether what was edited is kept, as the top bar says it.

export type SaveState =
  /** The document is not there yet: what is edited waits for it. */
  | { kind: "opening" }
  /** `synced`: what was edited without a connection has just arrived. */
  | { kind: "saved"; at: number | null; synced?: boolean }
  | { kind: "saving" }
  | { kind: "offline" }
  | { kind: "refused"; reason: string }
  /** The server takes nothing more from this page; `unsaved` tells whether something is only here. */
  | { kind: "shut"; why: "forbidden" | "signed-out"; unsaved: boolean };

export function saveWords(state: SaveState): string {
  switch (state.kind) {
    case "opening":
      return "Opening…";
    case "saved":
      return state.synced ? "Synced" : "Saved";
    case "saving":
      return "Saving…";
    case "offline":
      return "Offline – changes kept on this device";
    case "refused":
      return `Cannot save: ${state.reason}`;
    case "shut":
      return state.why === "forbidden" ? "Not saving: your rights changed" : "Not saving: you are signed out";
  }
}
