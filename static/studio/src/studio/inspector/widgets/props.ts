import type { ComponentType } from "react";
import type { Problem } from "../../model/boot";
import type { Field } from "../../model/fields";
import type { Json, JsonObject } from "../../model/json";

/** What a field with its label, help and problems is made from. */
export interface ControlProps {
  field: Field;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  id: string;
  testId: string;
  readOnly: boolean;
  problems: readonly Problem[];
  row?: JsonObject;
}

/** What every widget gets. */
export interface WidgetProps {
  field: Field;
  value: Json | undefined;
  /** Store a value; undefined takes the field back to its default. */
  onChange: (value: Json | undefined) => void;
  id: string;
  testId: string;
  invalid: boolean;
  describedBy: string | undefined;
  readOnly: boolean;
  /** The entry that the field stands in, inside a table. */
  row?: JsonObject;
  /** Where no visible label points to the control. */
  label?: string;
  /** How the fields of an entry are shown: as this form shows its own. */
  Control: ComponentType<ControlProps>;
}

/** Return the default as it is shown in an empty field. */
export function placeholderOf(field: Field): string {
  const { fallback } = field;
  if (fallback === undefined || fallback === null || fallback === "") return "";
  return typeof fallback === "object" ? "" : String(fallback);
}
