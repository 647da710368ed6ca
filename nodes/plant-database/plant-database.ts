import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Cancel } from '../lib/deadlines.ts';
import { announceDatabase } from '../lib/database.ts';
import { defineNode } from '../lib/node.ts';
import { wallClock } from '../lib/plant-clock.ts';
import { healthBoardOf } from '../lib/settings.ts';
import { parse } from './config.ts';
import { acquireDatabase } from './databases.ts';
import { reportOf } from './report.ts';

interface Secrets {
  readonly user?: string;
  readonly password?: string;
}

const MB = 1_000_000;
/** After a start there are more urgent things to do. */
const FIRST_RETENTION_MS = 60_000;
const RETENTION_MS = 3_600_000;

export default function (RED: NodeAPI): void {
  defineNode<NodeDef, Node<Secrets>>(
    RED,
    'plant-database',
    (node, def) => {
      const { name, url, synchronous, outboxMb, retention } = parse(def);
      const { user = '', password = '' } = node.credentials ?? {};
      const folder: unknown = Reflect.get(RED.settings, 'userDir');
      const { database, release } = acquireDatabase({
        url,
        ...(user || password ? { login: { user, password } } : {}),
        folder: typeof folder === 'string' ? folder : undefined,
        synchronous: synchronous === 'full' ? 'FULL' : 'NORMAL',
        outboxBytes: outboxMb * MB,
        report: (sentence) => node.warn(sentence),
      });
      const withdraw = announceDatabase(RED, { id: node.id, name: name || database.name, database });
      const takeAway = healthBoardOf(RED).add('database', () => reportOf(database.name, database.facts()));

      const clock = wallClock(RED);
      let cancel: Cancel = () => {};
      let isClosed = false;
      const retain = async (): Promise<void> => {
        try {
          await database.history.retain(retention);
        } catch (cause) {
          if (!isClosed) node.warn(cause); // what is old goes an hour later
        }
        if (!isClosed) retainAfter(RETENTION_MS);
      };
      const retainAfter = (ms: number): void => {
        cancel = clock.after(ms, () => void retain());
      };
      retainAfter(FIRST_RETENTION_MS);

      node.on('close', (_removed: boolean, done: (error?: Error) => void) => {
        isClosed = true;
        cancel();
        withdraw();
        takeAway();
        release().then(() => done(), done);
      });
    },
    { credentials: { user: { type: 'text' }, password: { type: 'password' } } },
  );
}
