/** Reads a program's configuration: YAML in, a typed configuration out, or every problem of it at once. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { formatProblems, HoldfastError, type Problem } from '../errors.ts';
import { readYaml } from './document.ts';
import { applySchema } from './schema-problems.ts';

/** @throws HoldfastError `config-unreadable` or `config-wrong` (with every problem) */
export async function loadProgramConfig<S extends z.ZodType>(schema: S, file: string): Promise<z.infer<S>> {
  const parsed = parseProgramConfig(schema, await readConfigFile(file));
  if (parsed.problems.length > 0) throw wrongConfig(file, parsed.problems);
  return parsed.value as z.infer<S>;
}

export function parseProgramConfig<S extends z.ZodType>(
  schema: S,
  text: string,
): { value: z.infer<S>; problems: [] } | { value: null; problems: Problem[] } {
  const document = readYaml(text);
  return document.problems.length > 0 ? { value: null, problems: document.problems } : applySchema(schema, document);
}

/** @throws HoldfastError `config-unreadable` */
export async function readConfigFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new HoldfastError('config-unreadable', { file, why: reasonOf(error) }, [], error);
  }
}

export function wrongConfig(file: string, problems: Problem[]): HoldfastError {
  return new HoldfastError('config-wrong', { problems: formatProblems(file, problems) }, problems);
}

/** `no such file` rather than `ENOENT: no such file or directory, open '…'`. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
  };
  return (code !== undefined ? known[code] : undefined) ?? message;
}
