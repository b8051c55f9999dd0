/** Bugs that can be switched on in what is real code, by changing what that code sees or gives. Nothing of it exists in src/. */
import type { ControllerLoop } from '../../src/controller/loop.ts';
import type { StoreState } from '../../src/controller/world.ts';
import type { SiteVerdict } from '../../src/decide/index.ts';
import type { Finding, Report, ZoneId } from '../../src/model/index.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Store } from '../../src/store/store.ts';
import type { View } from '../../src/store/view.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export function buggyClock(_world: World, process: Process): Clock {
  return process.clock;
}
export function buggyHearing(_world: World, _zone: ZoneId, loop: ControllerLoop): (report: Report) => void {
  return loop.hear;
}
export function buggyState(_world: World, view: View, _findings: () => Finding[]): StoreState {
  return view;
}
export function buggyStore(_world: World, store: Pick<Store, 'commit'>, _view: View): Pick<Store, 'commit'> {
  return store;
}
export function buggyVerdicts(_world: World, verdicts: SiteVerdict[]): SiteVerdict[] {
  return verdicts;
}
