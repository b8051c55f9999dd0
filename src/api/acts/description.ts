/** A description's text → a site or the service, or every problem at once. */
import { wrongConfig } from '../../config/load.ts';
import { kindOfDescription, parseService } from '../../config/service.ts';
import { parseSite } from '../../config/site.ts';
import { HoldfastError, type Problem } from '../../errors.ts';
import type { ServiceSpec, SiteSpec } from '../../model/index.ts';
import { textProblems } from '../../notify/texts.ts';

export type Description = { kind: 'site'; spec: SiteSpec } | { kind: 'service'; spec: ServiceSpec };

/** @throws HoldfastError `config-wrong` with every problem; `description-unknown` */
export function readDescription(text: string, file: string): Description {
  if (kindOfDescription(text) === 'service') {
    const parsed = parseService(text, file);
    if (parsed.spec === undefined) throw wrongConfig(file, parsed.problems);
    const line = parsed.lineOf(['templates']);
    const problems = textProblems(
      parsed.spec.templates,
      parsed.spec.people.map(({ language }) => language),
    ).map((problem): Problem => ({ path: 'templates', line, ...problem }));
    if (problems.length > 0) throw wrongConfig(file, problems);
    return { kind: 'service', spec: parsed.spec };
  }
  const parsed = parseSite(text, file);
  if (parsed.spec !== undefined) return { kind: 'site', spec: parsed.spec };
  // A file that has nothing of either is more likely the wrong file than a description with twenty problems.
  if (!/^(site|hosts|zones|application|database):/m.test(text) && parsed.problems.some(({ path }) => path === 'site'))
    throw new HoldfastError('description-unknown', { file });
  throw wrongConfig(file, parsed.problems);
}
