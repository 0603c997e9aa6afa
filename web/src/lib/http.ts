// Requests to our own server. What it refuses comes with a sentence for the person.

let token = "";

export function setToken(csrf: string): void {
  token = csrf;
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** Raises `Refused`; status 0 when nothing reached the server. */
export async function send<T = unknown>(method: "POST" | "PUT" | "DELETE", path: string, body: object): Promise<T> {
  return ask<T>(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", "X-CSRF-Token": token } });
}

export async function form(path: string, fields: Record<string, string>): Promise<void> {
  const response = await reach(path, { method: "POST", body: new URLSearchParams({ ...fields, csrf: token }), redirect: "manual" });
  if (response.type === "opaqueredirect" || response.ok) return;
  const said: any = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {};
  throw new Refused(response.status, String(said.detail ?? ""), said);
}

export async function get<T>(path: string, limit_ms = 10_000): Promise<T> {
  return ask<T>(path, { signal: AbortSignal.timeout(limit_ms) });
}

/** A piece of HTML that our server made; empty when there is nothing to show. */
export async function fragment(path: string, limit_ms: number): Promise<string> {
  const response = await reach(path, { signal: AbortSignal.timeout(limit_ms), headers: { "HX-Request": "true" } });
  if (response.redirected) location.assign("/login");
  if (!response.ok) throw new Refused(response.status, "");
  return response.status === 204 ? "" : response.text();
}

async function ask<T>(path: string, options: RequestInit): Promise<T> {
  const response = await reach(path, options);
  if (response.redirected && new URL(response.url).pathname === "/login") location.assign(response.url);
  const said: any = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {};
  if (!response.ok) throw new Refused(response.status, String(said.detail ?? said.title ?? ""), said);
  return said as T;
}

async function reach(path: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    throw new Refused(0, error instanceof Error ? error.message : String(error));
  }
}
