import { useState } from "react";
import { signOut } from "../collab/signOut";
import { useEditor } from "../model/hooks";
import { Avatar } from "../parts/Avatar";
import { Menu } from "../parts/Menu";

/** Who is signed in here, with the way out. */
export function Account() {
  const editor = useEditor();
  const { user } = editor.boot.collab;
  const [at, setAt] = useState<readonly [number, number] | null>(null);
  return (
    <>
      <button
        type="button"
        className="person"
        aria-label={`Signed in as ${user.name}`}
        aria-haspopup="menu"
        title={user.name}
        data-testid="account"
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          setAt([left, bottom + 4]);
        }}
      >
        <Avatar person={user} />
      </button>
      {at && (
        <Menu
          at={at}
          label={user.name}
          onClose={() => setAt(null)}
          items={[
            { label: "Your profile", icon: "user", run: () => location.assign("/profile/") },
            { label: "Sign out", icon: "log-out", run: () => void signOut(editor) },
          ]}
        />
      )}
    </>
  );
}
