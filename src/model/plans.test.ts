/** Every combination of what a plan has, what a site asks for, and whether anybody described a service. */
import { expect, it } from 'vitest';
import { planRefusal, wantsProtection } from './plans.ts';
import type { Plan } from './service.ts';

const PLANS: Plan[] = [
  { name: 'elite-plus', title: 'Elite Plus', disasterRecovery: 'included' },
  { name: 'elite', title: 'Elite', disasterRecovery: 'add-on' },
  { name: 'elite-starter', title: 'Elite Starter', disasterRecovery: 'unavailable' },
];
const contact = { sales: 'sales@example.org', support: 'support@example.org' };

it.each([
  // plan, asked for, refused, protected
  ['elite-plus', null, null, true],
  ['elite-plus', true, null, true],
  ['elite-plus', false, null, false],
  ['elite', null, null, false],
  ['elite', true, null, true],
  ['elite', false, null, false],
  ['elite-starter', null, null, false],
  ['elite-starter', true, 'plan-without-disaster-recovery', false],
  ['elite-starter', false, null, false],
  ['gold', null, 'plan-unknown', true],
  ['gold', true, 'plan-unknown', true],
  ['gold', false, 'plan-unknown', false],
] as const)('plan %s, disasterRecovery %s: refused %s, protected %s', (plan, disasterRecovery, refused, protects) => {
  const site = { site: 'shop', plan, disasterRecovery };
  expect(planRefusal(site, { plans: PLANS, contact })?.code ?? null).toBe(refused);
  expect(wantsProtection(site, PLANS)).toBe(protects);
  // Where nobody has described a service everything is allowed.
  expect(planRefusal(site, null)).toBeNull();
  expect(wantsProtection(site, null)).toBe(disasterRecovery !== false);
});

it('a refusal says what was asked for, whom to ask, and which plans have it', () => {
  const refusal = planRefusal(
    { site: 'shop', plan: 'elite-starter', disasterRecovery: true },
    { plans: PLANS, contact },
  )!;
  expect(refusal.sentence).toBe(
    'Site shop asks for site disaster recovery, which the plan Elite Starter does not have.',
  );
  expect(refusal.fix).toContain('Plans that have it: Elite Plus (elite-plus, included), Elite (elite, as an add-on).');
  expect(refusal.fix).toContain('Sales: sales@example.org.');
  const unknown = planRefusal({ site: 'shop', plan: 'elit', disasterRecovery: null }, { plans: PLANS, contact })!;
  expect(unknown.fix).toContain('Plans: elite-plus, elite, elite-starter. Sales: sales@example.org.');
  const none = planRefusal(
    { site: 'shop', plan: 'elite-starter', disasterRecovery: true },
    { plans: PLANS.slice(2), contact },
  )!;
  expect(none.fix).toBe(
    'No plan has it. Sales: sales@example.org. Without it (disasterRecovery: false) the site runs in one zone.',
  );
});
