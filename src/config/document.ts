/** Reads YAML so that a problem found later can be told with the line it is on. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Problem } from '../errors.ts';

export type Path = readonly PropertyKey[];

export interface YamlDocument {
  /** The content as plain values; null when there is none. */
  value: unknown;
  /** What is wrong with the YAML itself. */
  problems: Problem[];
  /** Line (from 1) of the key or the list item at `path`, or of what comes nearest above it. */
  lineOf(path: Path): number | null;
}

export function readYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const lineAt = (offset: number | undefined) => (offset === undefined ? null : lines.linePos(offset).line);
  const problems = new Map<number | null, Problem>();
  for (const error of document.errors) {
    const line = lineAt(error.pos[0]);
    // One slip makes several errors; the first of a line is the one that helps.
    if (!problems.has(line))
      problems.set(line, { path: '', line, wrong: `not readable as YAML: ${error.message}`, right: null });
  }
  return {
    value: problems.size === 0 ? document.toJS({ maxAliasCount: 100 }) : null,
    problems: [...problems.values()],
    lineOf: (path) => lineAt(offsetOf(document.contents, path)),
  };
}

/** `application.processes[0].command` */
export function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function offsetOf(root: Node | null, path: Path): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
