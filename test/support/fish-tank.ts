import { isRecord } from '../../nodes/lib/signal.ts';
import { runFlow, type FlowRun, type FlowRunOptions, type Sent } from './flow-run.ts';

export const START = Date.UTC(2000, 0, 1, 8);
export const HOUR = 3_600_000;
export type Actuator = 'heater' | 'light' | 'pump';
export type TankId = 1 | 2 | 3;

/** An actuator switched: process time since the start in s, tank, actuator, what it does now. */
export type Action = readonly [seconds: number, tank: number, actuator: string, on: unknown];
export interface LogLine {
  readonly time: number;
  readonly text: string;
  readonly kind: string;
  readonly user?: string | null;
}
type Values = Readonly<Record<string, unknown>>;

/** The shipped fish tank in the real runtime, as people and programs outside see it. */
export interface FishTank extends Pick<FlowRun, 'step' | 'elapse' | 'say' | 'receive' | 'stop'> {
  readonly run: FlowRun;
  /** s of process time since the start */
  seconds(): number;
  /** A person does something on the page. */
  page(topic: string, payload?: unknown, more?: Values): Promise<void>;
  /** A message comes from the broker, on a topic below the tank's: `control/all`, `ranges/set`. */
  mqtt(tank: TankId, topic: string, payload: string, more?: Values): Promise<void>;
  /** Makes the simulated tank be so, all at once: `temperature`, `ph`, `level`. */
  set(state: Values, tank?: TankId): Promise<void>;
  /** how the tank really is */
  plant(tank: TankId): Values;
  /** what the guard has told the actuator last */
  applied(tank: TankId, actuator: Actuator): unknown;
  /** the guard's reason for it */
  reason(tank: TankId, actuator: Actuator): unknown;
  /** how the actuators have switched since the last call; the first word of each is a switch */
  actions(): Action[];
  /** who owns an actuator, and the value in force */
  owner(actuator: Actuator): Values;
  /** every value that `who drives the ...` has sent since the last call, with its owner */
  commands(actuator: Actuator): Values[];
  choice(): Values;
  /** newest first */
  log(): readonly LogLine[];
  /** the last payload published on a full MQTT topic */
  published(topic: string): unknown;
}

/** Where the parts of the flow are that a test looks at. */
const read = {
  guard: /^fish-tank-(\d)\/fish-tank-unit-(heater|light|pump)$/,
  plant: /^fish-tank-(\d)\/fish-tank-unit-sim$/,
  owner: /^fish-tank-control-(heater|light|pump)-owner$/,
  wire: /^fish-tank-\d\/fish-tank-unit-(wire-format|control-format|ranges-topic)$/,
};

export const startFishTank = async (options: FlowRunOptions = {}): Promise<FishTank> => {
  const applied = new Map<string, unknown>();
  const reasons = new Map<string, unknown>();
  const plants = new Map<string, Values>();
  const owners = new Map<string, Values>();
  const commands = new Map<string, Values[]>();
  const published = new Map<string, unknown>();
  let actions: Action[] = [];
  let log: readonly LogLine[] = [];
  let choice: Values = {};
  /** there once everything has started */
  const started: { run?: FlowRun } = {};
  const early: ((tank: FlowRun) => void)[] = [];
  const seconds = (): number => ((started.run?.clock('fish-tank-clock').now() ?? START) - START) / 1000;

  const guardSays = (tank: string, actuator: string, { port, msg }: Sent): void => {
    const key = `${tank} ${actuator}`;
    if (port === 1) {
      reasons.set(key, isRecord(msg['payload']) ? msg['payload']['reason'] : undefined);
      return;
    }
    if (!applied.has(key) || applied.get(key) !== msg['payload'])
      actions.push([seconds(), Number(tank), actuator, msg['payload']]);
    applied.set(key, msg['payload']);
  };
  const ownerSays = (actuator: string, { port, msg }: Sent): void => {
    if (port === 1) owners.set(actuator, { ...msg });
    if (port === 0) commands.set(actuator, [...(commands.get(actuator) ?? []), { ...msg }]);
  };
  /** The tank subscribes to what it publishes for its actuators, so the broker sends it back. */
  const publish = (from: string, { topic, payload }: Values): void => {
    published.set(String(topic), payload);
    const echo = from.replace('control-format', 'requests-control');
    if (echo === from) return;
    const answer = (tank: FlowRun): void =>
      tank.node(echo).send({ topic: String(topic), payload, qos: 1, retain: false });
    if (started.run) setImmediate(answer, started.run);
    else early.push(answer);
  };
  const watcher = (sent: Sent): void => {
    const { from, port, msg } = sent;
    const [, tank = '', actuator = ''] = read.guard.exec(from) ?? [];
    const [, sim] = read.plant.exec(from) ?? [];
    const [, owned] = read.owner.exec(from) ?? [];
    if (tank !== '') guardSays(tank, actuator, sent);
    else if (sim !== undefined && port === 1) plants.set(sim, { ...(msg['payload'] as Values) });
    else if (owned !== undefined) ownerSays(owned, sent);
    else if (from === 'fish-tank-page-log-line') log = msg['payload'] as LogLine[];
    else if (from === 'fish-tank-control-choice-take' && port === 1)
      choice = { ...(msg['payload'] as Values) };
    else if (read.wire.test(from)) publish(from, msg);
    options.watcher?.(sent);
  };
  const flow = await runFlow(['fish-tank'], { ...options, watcher });
  started.run = flow;
  for (const answer of early) answer(flow);
  await flow.settle();
  const unit = options.environment?.['TANKS'] === '1' ? 'id' : undefined;
  return {
    ...flow,
    run: flow,
    seconds,
    page: (topic, payload, more = {}) =>
      flow.receive('fish-tank-page-action', { topic, payload, user: 'operator', ...more }),
    mqtt: (tank, topic, payload, more = {}) =>
      flow.say(
        `fish-tank-${tank}/fish-tank-unit-${topic.startsWith('sensors/') ? 'sensors' : `requests-${topic.split('/')[0]}`}`,
        { topic: `OLP/device/tank/${unit ?? tank}/${topic}`, payload, qos: 1, retain: false, ...more },
      ),
    set: (payload, tank = 1) =>
      flow.receive('fish-tank-control-route-tank-in', { topic: 'set', payload, tank: `fish-tank/${tank}` }),
    plant: (tank) => plants.get(String(tank)) ?? {},
    applied: (tank, actuator) => applied.get(`${tank} ${actuator}`),
    reason: (tank, actuator) => reasons.get(`${tank} ${actuator}`),
    actions() {
      const taken = actions;
      actions = [];
      return taken;
    },
    owner: (actuator) => owners.get(actuator) ?? {},
    commands(actuator) {
      const taken = commands.get(actuator) ?? [];
      commands.set(actuator, []);
      return taken;
    },
    choice: () => choice,
    log: () => log,
    published: (topic) => published.get(topic),
  };
};
