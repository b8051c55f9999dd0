/** Whether a site's application looks for its cache on a port: without that none is opened. */
import { readFileSync } from 'node:fs';
import type { SiteSpec } from '../../model/index.ts';

const BY_PORT = /\{\{\s*cache\.(?:port|host)\s*\}\}/;

/** Reads the files that are filled in; one that cannot be read says nothing. */
export function usesCachePort({ cache, application, search }: SiteSpec): boolean {
  if (cache === null) return false;
  const filled = application.install.filter((step) => step.fill).map((step) => textOf(step.from));
  return [JSON.stringify([application, search]), ...filled].some((text) => BY_PORT.test(text));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
