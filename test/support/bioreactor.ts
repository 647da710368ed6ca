import { runFlow, type FlowRun, type FlowRunOptions, type Sent } from './flow-run.ts';

type Msg = Readonly<Record<string, unknown>>;
type Body = Readonly<Record<string, unknown>>;

const bases: Readonly<Record<string, string>> = { '/TJ/22105/pi01': '1', '/TJ/22010/pi02': '2' };
const rules: Readonly<Record<string, string>> = {
  updateBatchStatus: 'bioreactor-cloud-status-in',
  updateBioreactorAvailable: 'bioreactor-cloud-available-in',
  updateJournal: 'bioreactor-cloud-journal-in',
  measure: 'bioreactor-cloud-measure-in',
};

/** A batch as the cloud sends it to a reactor. */
export const batchOf = (Id: string, seconds: number, [min, max]: readonly [number, number]): Body => ({
  Id,
  Email: 'olga',
  Status: 'Ready to Start',
  Timestamp: 1_790_000_000,
  Recipe: {
    Name: 'La cheve de Luz',
    Email: 'olga',
    Timestamp: 1_790_000_000,
    DurationSeconds: seconds,
    Ingredients: {
      Water: 10,
      Hops: [{ name: 'Hop1', amount: 400 }],
      Yeast: [{ name: 'Yeast1', amount: 200 }],
      Syrup: [{ name: 'Malt0', amount: 600 }],
    },
    Restrictions: [
      { Sensor: 'Temperature', min, max },
      { Sensor: 'PH', min: 3, max: 11 },
      { Sensor: 'Pressure', min: 500, max: 940 },
    ],
  },
  Bioreactor: { Id: 'pi01', Facility: 'TJ|22105', FacilityName: 'Byby Macroplaza', Available: 'False' },
});

/** The reactors' flow with a stand-in for the broker between reactors and records: nothing is lost, all is told. */
export interface Brewery {
  readonly run: FlowRun;
  /** What was published since the last call, oldest first. */
  published(topic: string): Body[];
  /** What a node has sent by one of its outputs since the last call, oldest first. */
  sent(from: string, port?: number): Msg[];
  receive(unit: 1 | 2, batch: unknown): Promise<void>;
  command(unit: 1 | 2, topic: string, more?: Msg): Promise<void>;
  stop(): Promise<void>;
}

export const runBrewery = async (
  watched: readonly string[],
  options: FlowRunOptions = {},
): Promise<Brewery> => {
  const messages = new Map<string, Body[]>();
  const seen = new Map<string, Msg[]>();
  const into = (map: Map<string, Msg[]>, key: string, msg: Msg): void => {
    const list = map.get(key);
    if (list) list.push(msg);
    else map.set(key, [msg]);
  };
  const take = (map: Map<string, Msg[]>, key: string): Msg[] => {
    const list = map.get(key) ?? [];
    map.delete(key);
    return list;
  };
  const started: { run?: FlowRun } = {};
  const say = (node: string, topic: string, payload: string): void =>
    started.run?.node(node).send({ topic, payload, qos: 1, retain: false });
  /** In a turn of its own, as from a socket; a run waits for those. */
  const deliver = (from: string, { topic, payload, outbox }: Msg): void => {
    setImmediate(() => {
      const [name, text] = [String(topic), String(payload)];
      into(messages, name, JSON.parse(text) as Body);
      started.run?.node(from).receive({ outbox });
      const rule = rules[name];
      if (rule !== undefined) say(rule, name, text);
      const unit = bases[name.replace(/\/receiveBatch$/, '')];
      if (unit !== undefined) say(`bioreactor-${unit}-line/bioreactor-line-receive`, name, text);
    });
  };
  const watcher = ({ from, port, msg }: Sent): void => {
    if (from.endsWith('-outbox') && port === 0) deliver(from, msg);
    // As it is now: who gets it may change it.
    if (watched.includes(from))
      into(seen, `${from} ${port}`, { ...msg, payload: structuredClone(msg['payload']) });
  };
  const run = await runFlow(['bioreactor'], { ...options, watcher });
  started.run = run;
  const lines = ['bioreactor-1-line/bioreactor-line-outbox', 'bioreactor-2-line/bioreactor-line-outbox'];
  for (const outbox of [...lines, 'bioreactor-cloud-outbox'])
    await run.receive(outbox, { status: { fill: 'green', source: { type: 'mqtt out' } } });
  return {
    run,
    published: (topic) => take(messages, topic),
    sent: (from, port = 0) => take(seen, `${from} ${port}`),
    receive: (unit, batch) =>
      run.say(`bioreactor-${unit}-line/bioreactor-line-receive`, {
        topic: '',
        payload: JSON.stringify(batch),
        retain: false,
      }),
    command: (unit, topic, more = {}) => run.receive(`bioreactor-batch-${unit}`, { topic, ...more }),
    stop: () => run.stop(),
  };
};
