/** The command line: says what went wrong in one place, with the exit status that goes with it. */
import { formatError, HoldfastError } from '../errors.ts';
import { createProgram } from './program.ts';
import { Trouble } from './trouble.ts';

// A reader that has seen enough (`holdfast incidents | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof HoldfastError) {
    process.stderr.write(`${formatError(error)}\n`);
    process.exit(error.exitStatus);
  }
  process.stderr.write(`${error instanceof Trouble ? error.message : String((error as Error)?.stack ?? error)}\n`);
  process.exit(error instanceof Trouble ? error.exitStatus : 1);
}
