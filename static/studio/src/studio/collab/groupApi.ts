// Groups of the workspace, as a question names them.

import { get } from "../../lib/api";
import type { Boot } from "../model/boot";

let asked: Promise<readonly string[]> | null = null;

/** Return how groups are named beside people and roles, asked for once; none where they cannot be read. */
export function groupHandles({ urls }: Boot): Promise<readonly string[]> {
  asked ??= get<{ results: { name: string }[] }>(`${urls.api}groups/?page_size=100`)
    .then(({ results }) => results.filter(({ name }) => !name.includes(",")).map(({ name }) => `group:${name.toLowerCase()}`))
    .catch(() => {
      asked = null;
      return [];
    });
  return asked;
}
