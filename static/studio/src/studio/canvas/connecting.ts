// The connection that is being drawn; ports watch it to show whether they fit.

import { createContext, useContext } from "react";
import { useEditor, useObservable } from "../model/hooks";
import { whyNot, endsOf } from "../model/graph";
import { Observable } from "../model/observable";
import type { PortRef } from "../model/panels";

export const ConnectingContext = createContext(new Observable<PortRef | null>(null));

/** Say how a port looks while a connection is drawn: it fits, it does not, or nothing is drawn. */
export function usePortState(
  node: string,
  port: string,
  side: PortRef["side"],
): "fits" | "faded" | "origin" | undefined {
  const { store } = useEditor();
  const from = useObservable(useContext(ConnectingContext));
  if (!from) return undefined;
  if (from.node === node && from.port === port && from.side === side) return "origin";
  if (from.side === side) return "faded";
  return whyNot(store, endsOf(from, node, port)) ? "faded" : "fits";
}
