// Calls to our own API: the session's cookie, the CSRF token of the page, problems as typed errors.

export interface FieldError {
  field: string;
  message: string;
  code: string;
  /** Problems of a workflow also name the step, and what to do. */
  node?: string;
  fix?: string;
}

/** What the server refused, in its own words (RFC 9457). */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: readonly FieldError[] = [],
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

/** The server could not be reached at all. */
export class Unreachable extends Error {
  override name = "Unreachable";

  constructor() {
    super("The server cannot be reached. Check the connection and try again.");
  }
}

export interface Options {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  keepalive?: boolean;
}

/** Ask the API and return its JSON. Raises ApiError, Unreachable. */
export async function call<T>(method: string, url: string, options: Options = {}): Promise<T> {
  const headers = { Accept: "application/json", ...options.headers };
  const body =
    options.body === undefined
      ? {}
      : { body: JSON.stringify(options.body), type: "application/json" };
  const response = await sent(method, url, { ...options, headers }, body);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Send and receive bytes. Raises ApiError, Unreachable. */
export async function bytes(
  method: string,
  url: string,
  data?: Uint8Array<ArrayBuffer>,
  options: Omit<Options, "body"> = {},
): Promise<{ data: Uint8Array; etag: string | null }> {
  const headers = { Accept: "application/octet-stream", ...options.headers };
  const body = data ? { body: data, type: "application/octet-stream" } : {};
  const response = await sent(method, url, { ...options, headers }, body);
  const answer = new Uint8Array(await response.arrayBuffer());
  return { data: answer, etag: response.headers.get("ETag") };
}

export const get = <T>(url: string, options?: Options) => call<T>("GET", url, options);
export const post = <T>(url: string, body: unknown = {}, options?: Options) =>
  call<T>("POST", url, { ...options, body });

export async function sent(
  method: string,
  url: string,
  options: Options & { headers: Record<string, string> },
  { body, type }: { body?: BodyInit; type?: string },
): Promise<Response> {
  const headers: Record<string, string> = { ...options.headers };
  if (type) headers["Content-Type"] = type;
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) init.body = body;
  if (options.signal) init.signal = options.signal;
  if (options.keepalive) init.keepalive = true;
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable();
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response: Response): Promise<ApiError> {
  const wait = Number(response.headers.get("Retry-After"));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null;
  try {
    const problem = (await response.json()) as {
      code?: string;
      title?: string;
      detail?: string;
      errors?: FieldError[];
    };
    const message = problem.detail || problem.title || fallback(response.status);
    const code = problem.code ?? "error";
    return new ApiError(response.status, code, message, problem.errors ?? [], retryAfter);
  } catch {
    return new ApiError(response.status, "error", fallback(response.status), [], retryAfter);
  }
}

function fallback(status: number): string {
  return status >= 500
    ? "The server could not answer. Try again in a moment."
    : `The server refused this (HTTP ${status}).`;
}

/** Take the token of a new session: each sign-in makes the page's older one worthless. */
export function takeCsrfToken(token: string): void {
  document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.setAttribute("content", token);
}

/** The token of the page against forged requests. */
export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}
