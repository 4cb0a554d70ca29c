import { useState } from "react";
import { useEditor } from "../model/hooks";
import { Icon } from "../parts/Icon";
import { MOST_ALT } from "./schema";

const ID = /^[0-9a-f-]{36}$/;

interface Props {
  image: string;
  alt: string;
  selected: boolean;
  /** Null for readers. */
  onDescribe: ((alt: string) => void) | null;
}

/** A picture of the runbook; who writes describes it for those who cannot see it. */
export function Picture({ image, alt, selected, onDescribe }: Props) {
  const { urls } = useEditor().boot;
  const [gone, setGone] = useState(false);
  const there = ID.test(image) && !gone;
  return (
    <figure className="picture" data-testid="runbook-picture">
      {there ? (
        <img src={`${urls.images}${image}/`} alt={alt} onError={() => setGone(true)} draggable={false} />
      ) : (
        <p className="live-block gone">
          <Icon name="image" />
          This picture is not here. It belongs to another workflow, or was removed.
        </p>
      )}
      {onDescribe && there && (selected || !alt) && (
        <figcaption>
          <input
            className="input"
            aria-label="Description of the picture, for who cannot see it"
            placeholder="Describe the picture for who cannot see it"
            defaultValue={alt}
            key={alt}
            maxLength={MOST_ALT}
            data-testid="runbook-alt"
            onBlur={(event) => event.target.value !== alt && onDescribe(event.target.value)}
            onKeyDown={(event) => {
              event.stopPropagation();
              if (event.key === "Enter") event.currentTarget.blur();
            }}
          />
        </figcaption>
      )}
    </figure>
  );
}
