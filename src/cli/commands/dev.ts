/** `holdfast dev FILE`: any site of your own on the local platform, the way `npm start` runs WordPress. */
import type { Command } from 'commander';

export function registerDev(program: Command): void {
  program
    .command('dev')
    .description('run the site described in FILE on three local zones')
    .argument('<file>', 'site description (YAML)')
    .action(async (file: string) => {
      const { devCommand } = await import('../../local/commands.ts');
      await devCommand(file, process.stdout);
    });
}
