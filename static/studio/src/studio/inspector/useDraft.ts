import { useState } from "react";

/** What is being typed: at once in the field, and what comes from elsewhere replaces it. */
export function useDraft(
  value: string,
  commit: (text: string) => void,
  means: (draft: string, value: string) => boolean = Object.is,
): [draft: string, write: (text: string) => void] {
  const [draft, setDraft] = useState(value);
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    setSeen(value);
    if (!means(draft, value)) setDraft(value);
  }
  const write = (text: string) => {
    setDraft(text);
    commit(text);
  };
  return [draft, write];
}
