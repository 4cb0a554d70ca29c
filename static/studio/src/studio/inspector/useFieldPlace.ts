import { useEditor } from "../model/hooks";

/** Return the handlers that show to the others that this person's keyboard is in a field. */
export function useFieldPlace(key: string | null): Pick<React.DOMAttributes<HTMLElement>, "onFocus" | "onBlur"> {
  const { presence } = useEditor();
  if (key === null) return {};
  return {
    onFocus: () => presence.show({ field: key }),
    onBlur({ currentTarget, relatedTarget }) {
      if (!currentTarget.contains(relatedTarget)) presence.show({ field: null, caret: null });
    },
  };
}
