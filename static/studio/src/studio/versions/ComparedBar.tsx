import { useEffect } from "react";
import { VersionApi } from "../collab/versionApi";
import { Compared } from "../model/diff";
import { useEditor, useGraph, useObservable } from "../model/hooks";
import { Button, IconButton } from "../parts/Button";
import { Icon } from "../parts/Icon";

const PAUSE = 800;

/** Says which version lies over the draft; what is edited meanwhile is compared anew. */
export function ComparedBar() {
  const editor = useEditor();
  const compared = useObservable(editor.compared);
  const revision = useGraph();
  const version = compared?.version;
  useEffect(() => {
    if (version === undefined) return;
    const timer = setTimeout(async () => {
      const found = await compare(editor, version).catch(() => null); // the old marks stay
      if (found && editor.compared.value?.version === version) editor.compared.set(found);
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [editor, version, revision]);
  if (!compared) return null;
  return (
    <div className="compared-bar" role="status" data-testid="compared-bar">
      <Icon name="git-compare" />
      <span>
        <strong>{`Version ${compared.version} and the draft:`}</strong> {compared.words()}
      </span>
      <Button look="quiet" onClick={() => editor.panels.drawer.set("versions")}>
        Field by field
      </Button>
      <IconButton icon="x" label="Hide the comparison" data-testid="compared-close" onClick={() => editor.compared.set(null)} />
    </div>
  );
}

/** Compare the draft, as it is now, with a version. */
export async function compare(editor: ReturnType<typeof useEditor>, version: number): Promise<Compared> {
  const api = new VersionApi(editor.boot.urls);
  const known = editor.compared.value?.version === version ? editor.compared.value.before : null;
  if (!editor.readOnly) await editor.sync?.();
  const [before, diff] = await Promise.all([known ?? api.definition(version), api.diff(version, "draft")]);
  return new Compared(version, before, diff);
}
