/** `holdfast zone kill|freeze|cut|heal ZONE`: what can happen to a zone, only on the local platform. */
import { Argument, type Command } from 'commander';

const VERBS = ['kill', 'freeze', 'cut', 'heal'] as const;

export function registerZone(program: Command): void {
  program
    .command('zone')
    .description('kill, freeze, cut off or heal a zone of the local platform')
    .addArgument(new Argument('<verb>', 'what happens to it').choices(VERBS))
    .argument('<zone>', 'its name, for example a')
    .action(async (verb: (typeof VERBS)[number], zone: string) => {
      const { zoneFault } = await import('../../local/commands.ts');
      await zoneFault(verb, zone, process.stdout);
    });
}
