import type { NodeAPI } from 'node-red';
import { pilotPlantSettings } from '../lib/settings.ts';
import { isRecord } from '../lib/signal.ts';
import { mayAct, stamped, userOf, type PageRoles } from './page-user.ts';

/** A socket of the dashboard, as far as a plugin of Dashboard 2.0 sees it. */
interface Socket {
  readonly data?: unknown;
  emit(event: string, ...values: unknown[]): unknown;
}

/**
 * Knows who acts on a page of Dashboard 2.0: stops those who may only look, and makes a command of what the others
 * send. Does nothing where neither `settings.pilotPlant.roles` nor a user on the socket is there.
 */
export default function (RED: NodeAPI): void {
  const { roles } = pilotPlantSettings<{ roles: PageRoles }>(RED);
  const inert = (socket: Socket): boolean => roles === undefined && userOf(socket.data) === undefined;

  /** What goes into the flow; null stops it. */
  const admit = (socket: Socket, msg: unknown): unknown => {
    if (inert(socket)) return msg;
    const user = userOf(socket.data);
    return mayAct(user, roles) ? stamped(msg, user) : null;
  };

  const hooks = {
    /** What the browser asks for first: the pages tell those who may only look that they cannot act. */
    onSetup(_config: unknown, request: unknown) {
      const user = userOf(request);
      return user ? { user: { ...user, acts: mayAct(user, roles) } } : {};
    },
    onAction: (socket: Socket, _id: string, msg: unknown) => admit(socket, msg),
    onSend: (socket: Socket, _id: string, msg: unknown) => admit(socket, msg),
    onChange(socket: Socket, id: string, msg: unknown) {
      const command = admit(socket, msg);
      // The widget already shows what was tried: it gets back what counts.
      if (command === null) socket.emit(`widget-load:${id}`, msg);
      return command;
    },
    onAddConnectionCredentials(socket: Socket, msg: unknown) {
      const user = userOf(socket.data);
      if (!user || !isRecord(msg)) return msg;
      const client = isRecord(msg['_client']) ? msg['_client'] : {};
      // Also for what comes by no hook, such as the events of a page.
      return Object.assign(msg, { user: user.name, _client: { ...client, user: user.name } });
    },
  };
  RED.plugins.registerPlugin(
    'pilot-plant-dashboard-user',
    Object.assign({ type: 'node-red-dashboard-2' }, { hooks }),
  );
}
