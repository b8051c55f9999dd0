/** `holdfast page SITE`: where the site stands on the public status page; of a private one, the link that opens it. */
import type { Command } from 'commander';
import { HoldfastError } from '../../errors.ts';
import { type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { askControllers } from '../controllers.ts';

interface Page {
  site: string;
  title: string;
  visibility: 'public' | 'private' | 'off';
  url: string | null;
}

const WORDS: Record<Page['visibility'], string> = {
  public: 'for everybody',
  private: 'for who has this link; it stands on no list',
  off: 'none',
};

export function registerPage(program: Command): void {
  withAccess(program.command('page'))
    .description('the site’s status page, and the link to a private one')
    .argument('<site>', 'the site')
    .option('--json', 'as JSON')
    .action(async (site: string, options: AccessOptions & { json?: boolean }) => {
      const path = `/sites/${encodeURIComponent(site)}/status-page`;
      const answer = await askControllers<Page>(await knownAccess(options), path);
      if (answer === null) throw new HoldfastError('site-unknown', { site });
      const { title, visibility, url } = answer.body;
      const line = url ?? (visibility === 'off' ? '' : 'without an address: describe the service first');
      process.stdout.write(
        options.json
          ? `${JSON.stringify(answer.body)}\n`
          : `${title}: ${WORDS[visibility]}\n${line === '' ? '' : `  ${line}\n`}`,
      );
    });
}
