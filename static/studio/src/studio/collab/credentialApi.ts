// Credentials of the workspace: which there are, what kinds, and a new one. Values go in and never come out.

import { ApiError, get, post } from "../../lib/api";
import type { Boot, Schema } from "../model/boot";

export interface Credential {
  id: string;
  name: string;
  kind: string;
  last4: string;
  hosts: string[];
  enabled: boolean;
  may_use: boolean;
}

export interface CredentialKind {
  name: string;
  label: string;
  icon: string;
  about: string;
  schema: Schema;
}

export interface NewCredential {
  name: string;
  kind: string;
  values: Record<string, string | Record<string, string>>;
  hosts: string[];
}

/** What stands where a copy from another workspace named one. */
export const LEFT_BEHIND = "left-behind";

let kindsAsked: Promise<readonly CredentialKind[]> | null = null;

/** Return the kinds, asked for once; what failed is asked again. */
export function credentialKinds({ urls }: Boot): Promise<readonly CredentialKind[]> {
  kindsAsked ??= get<{ results: CredentialKind[] }>(`${urls.api}credentials/kinds/`)
    .then(({ results }) => results)
    .catch((error: unknown) => {
      kindsAsked = null;
      throw error;
    });
  return kindsAsked;
}

export async function findCredentials({ urls }: Boot, query: string, signal: AbortSignal): Promise<Credential[]> {
  const { results } = await get<{ results: Credential[] }>(
    `${urls.api}credentials/?page_size=50&q=${encodeURIComponent(query)}`,
    { signal },
  );
  return results.filter((each) => each.may_use);
}

/** Return one by its id; null where there is none that one may see. */
export async function credentialOf({ urls }: Boot, id: string): Promise<Credential | null> {
  try {
    return await get<Credential>(`${urls.api}credentials/${encodeURIComponent(id)}/`);
  } catch (error) {
    if (error instanceof ApiError && [403, 404].includes(error.status)) return null;
    throw error;
  }
}

export function createCredential({ urls, credentials }: Boot, made: NewCredential): Promise<Credential> {
  const place = credentials.folder === null ? {} : { folder: credentials.folder };
  return post<Credential>(`${urls.api}credentials/`, { ...made, ...place });
}
