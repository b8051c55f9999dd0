/** Where the cluster's key, or a token, is: named on the command line, else by the environment, else the local platform's. */
import type { Command } from 'commander';
import { readClusterKey } from '../config/secrets.ts';
import { Trouble } from './trouble.ts';

export interface KeyOptions {
  keyFile?: string;
}

/** Adds `--key-file FILE`. */
export function withClusterKey(command: Command): Command {
  return command.option(
    '--key-file <file>',
    'file with the cluster key or a token (else HOLDFAST_KEY_FILE, else that of the local platform)',
  );
}

/** @throws HoldfastError when the file cannot be used; Trouble with what to do when none is known. */
export async function knownClusterKey({ keyFile }: KeyOptions): Promise<string> {
  const named = keyFile ?? process.env.HOLDFAST_KEY_FILE;
  if (named) return readClusterKey(named);
  const { readInstance } = await import('../local/instance.ts');
  const instance = readInstance();
  if (instance !== null) return readClusterKey(instance.clusterKeyFile);
  throw new Trouble(
    'No platform runs here. Name the file that holds the cluster key: --key-file FILE, or HOLDFAST_KEY_FILE.',
  );
}
