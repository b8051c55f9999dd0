/** `holdfast replay FILE`: the same detector and decider over recorded observations; offline, and the same answer every time. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { readConfigFile, wrongConfig } from '../../config/load.ts';
import { parsePolicy } from '../../config/policy.ts';
import { DEFAULT_POLICY, PATIENCE } from '../../model/index.ts';
import { linesOfFile } from '../../replay/file.ts';
import type { NamedPolicy } from '../../replay/other-policy.ts';
import { replay } from '../../replay/run.ts';
import { paintFor } from '../screens/paint.ts';
import { replayScreen } from '../screens/replay.ts';

const WIDTH_WHEN_UNKNOWN = 120;

interface Options {
  policy?: string;
  json?: boolean;
}

export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description(
      'what this version finds and decides on recorded observations, and what another policy would have done',
    )
    .argument('<file>', 'observations (NDJSON), as `holdfast record` writes them')
    .option('--policy <file>', 'a policy (YAML): the keys of `failover:` in a site description, and falseAlarms')
    .option('--json', 'one JSON object')
    .action(async (file: string, options: Options) => {
      const policies = options.policy === undefined ? namedPolicies() : [await readPolicy(options.policy)];
      const result = await replay(file, linesOfFile(file), policies);
      const width = process.stdout.columns ?? WIDTH_WHEN_UNKNOWN;
      process.stdout.write(
        options.json ? `${JSON.stringify(result)}\n` : replayScreen(result, file, width, paintFor(process.stdout)),
      );
    });
}

/** Every named patience, the rest by default. */
export function namedPolicies(): NamedPolicy[] {
  return Object.entries(PATIENCE).map(([name, patience]) => ({
    name,
    policy: { ...DEFAULT_POLICY, patience },
    falseAlarmsPerYear: null,
  }));
}

async function readPolicy(file: string): Promise<NamedPolicy> {
  const parsed = parsePolicy(await readConfigFile(file));
  if (parsed.problems !== undefined) throw wrongConfig(file, parsed.problems);
  return { name: basename(file), policy: parsed.policy, falseAlarmsPerYear: parsed.falseAlarmsPerYear };
}
