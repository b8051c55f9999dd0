/** One question to the API, and how it may fail: always as a problem with a sentence and what to do about it. */

export interface Problem {
  /** Of the HTTP answer; 0: there was none. */
  status: number;
  code: string;
  detail: string;
  fix: string;
  problems?: { path: string; wrong: string }[];
}

export class AskError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

const MOST_MS = 15_000;
/** Relative to the page, so that a path in front of it (a proxy's) does no harm. */
export const API = '../api/v1';

let mark: string | null = null;
/** What changes carry along so that no other page can send them; told by the API to whoever is signed in. */
export function setMark(next: string | null): void {
  mark = next;
}

/** @throws AskError */
export async function ask<T>(path: string, method: 'GET' | 'POST' | 'DELETE' = 'GET', body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && mark !== null) headers['x-csrf-token'] = mark;
  const answer = await fetch(`${API}${path}`, {
    method,
    headers,
    credentials: 'same-origin',
    signal: AbortSignal.timeout(MOST_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    throw new AskError(unreachable(error.name === 'TimeoutError'));
  });
  if (answer.status === 204) return undefined as T;
  const told: unknown = await answer.json().catch(() => null);
  if (answer.ok && told !== null) return told as T;
  throw new AskError(toProblem(answer.status, told));
}

export function unreachable(late: boolean): Problem {
  return {
    status: 0,
    code: 'controller-unreachable',
    detail: late ? 'The controller took too long to answer.' : 'The controller does not answer.',
    fix: 'It is asked again by itself. The console of another zone’s controller shows the same; sites do not depend on either.',
  };
}

function toProblem(status: number, told: unknown): Problem {
  const { code, detail, fix, problems } = (told ?? {}) as Partial<Problem>;
  return {
    status,
    code: code ?? 'unexpected-answer',
    detail: detail ?? `The controller answered in a way that was not expected (HTTP ${status}).`,
    fix: fix ?? 'If it goes on, the log of the controller says more.',
    ...(Array.isArray(problems) ? { problems } : {}),
  };
}

export function problemOf(error: unknown): Problem {
  if (error instanceof AskError) return error.problem;
  throw error;
}
