// Classes of data of the workspace: with which fields are marked whose values are withheld.

import { get } from "../../lib/api";
import type { Boot } from "../model/boot";

export interface DataClass {
  slug: string;
  name: string;
  description: string;
}

let asked: Promise<readonly DataClass[]> | null = null;

/** Return the classes, asked for once; none where they cannot be read, and then they are asked for again. */
export function dataClasses({ urls }: Boot): Promise<readonly DataClass[]> {
  asked ??= get<{ results: DataClass[] }>(`${urls.api}data-classes/?page_size=100`)
    .then(({ results }) => results)
    .catch(() => {
      asked = null;
      return [];
    });
  return asked;
}
