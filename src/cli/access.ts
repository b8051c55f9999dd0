/** How this command reaches the API: which controllers, with which secret, and who sits at the terminal. */
import type { Command } from 'commander';
import { readClusterKey } from '../config/secrets.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { type KeyOptions, knownClusterKey, withClusterKey } from './cluster-key.ts';
import { type ControllerOptions, knownControllers, withControllers } from './known-controllers.ts';
import { Trouble } from './trouble.ts';
import { userName } from './user-name.ts';

export const API = '/api/v1';

export interface Access {
  /** `host:port`, never empty. */
  controllers: string[];
  /** The cluster key, or a token. */
  secret: string;
  /** Heeded with the cluster key; a token says itself whose it is. */
  by: string;
}

export interface AccessOptions extends ControllerOptions, KeyOptions {
  by?: string;
}

/** Adds `--controller` and `--key-file`. */
export function withAccess(command: Command): Command {
  return withClusterKey(withControllers(command));
}

/** @throws Trouble, HoldfastError when nothing is known or the key cannot be read */
export async function knownAccess(options: AccessOptions): Promise<Access> {
  const controllers = await knownControllers(options);
  return { controllers, secret: await knownClusterKey(options), by: userName(options.by) };
}

/** That of a platform on this machine. */
export function accessTo(
  { controllers, clusterKeyFile }: { controllers: string[]; clusterKeyFile: string },
  by = userName(undefined),
): Access {
  return { controllers, secret: readClusterKey(clusterKeyFile), by };
}

/** Header values are Latin-1 on the way, and names are not. */
export function headersOf({ secret, by }: Access): Record<string, string> {
  return { authorization: `Bearer ${secret}`, 'holdfast-by': encodeURIComponent(by) };
}

interface Problem {
  detail: string;
  fix?: string;
  code?: string;
}

/** What an answer that is no success says; null: it is not one of ours. */
export async function problemOf(response: Response): Promise<Problem | null> {
  const problem = (await response.json().catch(() => null)) as Problem | null;
  return typeof problem?.detail === 'string' ? problem : null;
}

/** What is wrong with the question, as it is shown at the terminal. */
export function troubleOf({ detail, fix, code }: Problem): Trouble {
  const sentences = [detail, [fix, code === undefined ? '' : `[${code}]`].join(' ')].join('\n');
  return new Trouble(sentences, isErrorCode(code) ? ERRORS[code].exitStatus : 1);
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && code in ERRORS;
}
