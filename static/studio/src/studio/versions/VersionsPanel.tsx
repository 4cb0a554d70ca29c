/** The published versions, in the left drawer. */
export function VersionsPanel() {
  return <p className="panel-hint">Versions appear here after the first publish.</p>;
}
