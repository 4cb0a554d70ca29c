/** The dialog that asks for a run's inputs, and the steps of the run above the run bar. */
export function RunPanel() {
  return null;
}
