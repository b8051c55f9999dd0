/** `holdfast controller|agent|edge --config FILE`: the programs of production. */
import type { Command } from 'commander';
import { loadProgramConfig } from '../../config/load.ts';
import { agentConfig, controllerConfig, edgeConfig } from '../../config/programs.ts';
import { createLog } from '../../platform/log.ts';
import { runProgram } from '../run-program.ts';

export function registerPrograms(program: Command): void {
  program
    .command('controller')
    .description('run the controller of a zone')
    .requiredOption('--config <file>', 'its configuration (YAML)')
    .action(async ({ config: file }: { config: string }) => {
      const config = await loadProgramConfig(controllerConfig, file);
      const { runController } = await import('../../controller/main.ts');
      await runProgram(createLog('controller', { zone: config.zone }), () => runController(config));
    });
  program
    .command('agent')
    .description('run the agent of a host')
    .requiredOption('--config <file>', 'its configuration (YAML)')
    .action(async ({ config: file }: { config: string }) => {
      const config = await loadProgramConfig(agentConfig, file);
      const { runAgent } = await import('../../agent/main.ts');
      await runProgram(createLog('agent', { zone: config.zone }), () => runAgent(config));
    });
  program
    .command('edge')
    .description('run an edge')
    .requiredOption('--config <file>', 'its configuration (YAML)')
    .action(async ({ config: file }: { config: string }) => {
      const config = await loadProgramConfig(edgeConfig, file);
      const { runEdge } = await import('../../edge/main.ts');
      await runProgram(createLog('edge', { edge: config.edge }), () => runEdge(config));
    });
}
