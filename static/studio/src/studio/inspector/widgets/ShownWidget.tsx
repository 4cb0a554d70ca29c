import { DataView } from "../../parts/DataView";
import type { WidgetProps } from "./props";

/** A value that is there to be read, not to be set. */
export function ShownWidget({ field, value, testId }: WidgetProps) {
  if (value === undefined || value === null) return <p className="quiet">Nothing</p>;
  return <DataView value={value} label={field.label} testId={testId} />;
}
