import { readFileSync } from 'node:fs';
import type { BrokerOptions } from './nodes/embedded-broker/options.ts';
import { createHealthBoard, type HealthBoard } from './nodes/lib/health.ts';
import { createAccess, type EditorUser } from './runtime/access.ts';
import { readEnvironment } from './runtime/environment.ts';
import { createGuard, type Guard } from './runtime/guard.ts';
import { SESSION_HOURS } from './runtime/sessions.ts';
import { serviceUser, storedSecrets, type Role, type Secrets } from './runtime/secrets.ts';
import type { Variables } from './runtime/variables.ts';

/** What a role may do on the pages. */
export type PageRight = 'act' | 'look';

/** The part of the settings that our own nodes and plugins read. */
export interface PilotPlant {
  readonly roles: Readonly<Record<Role, PageRight>>;
  /** undefined where MQTT_URL names another broker */
  readonly broker: BrokerOptions | undefined;
  /** where the parts of the plant tell how they are */
  readonly health: HealthBoard;
  /** in front of what an administrator alone may have */
  readonly administrators: Guard['administrators'];
  /** serve the history under `/api`, behind the login */
  readonly historyApi: boolean;
  /** for the server in front of Node-RED: what no middleware sees */
  readonly refusal: Guard['refusal'];
}

/** The settings of Node-RED that this project sets. */
export interface Settings {
  readonly uiPort: number;
  readonly uiHost: string;
  readonly userDir: string;
  readonly httpAdminMiddleware: Guard['admin'];
  readonly httpNodeAuth: Guard['pages'];
  readonly webSocketNodeVerifyClient: Guard['websocket'];
  readonly dashboard: { readonly ioMiddleware: Guard['socket']; readonly maxHttpBufferSize: number };
  readonly https: (() => { key: Buffer; cert: Buffer; minVersion: 'TLSv1.2' }) | undefined;
  readonly adminAuth: {
    readonly type: 'credentials';
    readonly sessionExpiryTime: number;
    readonly users: (name: string) => Promise<EditorUser | null>;
    readonly authenticate: (name: string, password: string) => Promise<EditorUser | null>;
  };
  readonly credentialSecret: string | undefined;
  readonly pilotPlant: PilotPlant;
  readonly [more: string]: unknown;
}

/** Commands that a client left retained are off before anybody can read them: a replayed command is none. */
const offAtStart: BrokerOptions['offAtStart'] = [
  {
    filter: 'OLP/device/tank/+/control/all',
    payload: JSON.stringify({ heater: false, light: false, pump: false }),
  },
  { filter: 'OLP/device/tank/+/control/+', payload: 'False' },
];

/**
 * Node-RED's settings for an environment. Without secrets (nothing has been started yet) nobody can sign in and the
 * embedded broker stays off. Throws a refusal that names the variable and the value that cannot be used.
 */
export const settingsFrom = (variables: Variables, secrets?: Secrets): Settings => {
  const environment = readEnvironment(variables);
  const { port, host, dataDir, tls, mqttUrl, mqttPort, mqttAnonymous, allowedHosts } = environment;
  const access = createAccess(secrets, { port, tls: tls !== undefined });
  const guard = createGuard(access, { allowedHosts, tls: tls !== undefined });
  return {
    // Where
    uiPort: port,
    uiHost: host,
    httpAdminRoot: '/admin/',
    httpNodeRoot: '/',
    https:
      tls &&
      (() => ({ key: readFileSync(tls.keyFile), cert: readFileSync(tls.certFile), minVersion: 'TLSv1.2' })),
    userDir: dataDir,
    fileWorkingDirectory: dataDir,
    flowFile: 'flows.json',
    flowFilePretty: true,

    // Who
    adminAuth: {
      type: 'credentials',
      sessionExpiryTime: SESSION_HOURS * 3600,
      users: access.editor.find,
      authenticate: access.editor.authenticate,
    },
    httpAdminMiddleware: guard.admin,
    httpNodeAuth: guard.pages,
    webSocketNodeVerifyClient: guard.websocket,
    dashboard: { ioMiddleware: guard.socket, maxHttpBufferSize: 1_000_000 },
    credentialSecret: secrets?.credentialSecret ?? environment.credentialSecret,

    // What may be added or run
    externalModules: {
      autoInstall: false,
      palette: { allowInstall: false, allowUpdate: false, allowUpload: false },
      modules: { allowInstall: false },
    },
    functionExternalModules: false,
    nodesExcludes: ['90-exec.js'],
    exportGlobalContextKeys: false,
    tlsConfigDisableLocalFiles: true,

    // Limits. A deploy sends all flows at once, so it may be longer than what a page sends (1 MiB, see the guard).
    apiMaxLength: '4mb',
    // Of function nodes that people add. Those that are shipped end by themselves, and a time limit costs more than they do.
    functionTimeout: 5,
    debugMaxLength: 1000,
    execMaxBufferSize: 1_000_000,
    nodeMessageBufferMaxLength: 1000,
    nodeCloseTimeout: 5000,
    httpRequestTimeout: 10_000,
    socketTimeout: 30_000,
    mqttReconnectTime: 2000,
    serialReconnectTime: 2000,

    // Quiet
    logging: { console: { level: 'warn', metrics: false, audit: false } },
    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: false, ui: false },
    runtimeState: { enabled: false, ui: false },
    editorTheme: {
      tours: false,
      page: { title: 'Pilot Plant' },
      header: { title: 'Pilot Plant' },
      // Off; spelled out, Node-RED would warn about it at every start.
      projects: {},
    },

    pilotPlant: {
      health: createHealthBoard(),
      historyApi: true,
      administrators: guard.administrators,
      refusal: guard.refusal,
      roles: { admin: 'act', operator: 'act', viewer: 'look' },
      broker:
        mqttUrl || !secrets
          ? undefined
          : {
              host,
              port: mqttPort,
              dataDir,
              users: [serviceUser(secrets)],
              usersFile: secrets.mqttUsersFile,
              anonymous: { loopback: true, elsewhere: mqttAnonymous },
              offAtStart,
              ingest: { topics: ['history/#'], prefix: 'history/', databaseUrl: environment.databaseUrl },
            },
    },
  };
};

/** For `node-red -s settings.ts` after a first `npm start`, which makes the secrets. */
const own = readEnvironment(process.env);
const settings = settingsFrom(process.env, storedSecrets(own.dataDir, own.credentialSecret));
// Node-RED takes settings with `require`, and this is what `require` then gives.
export { settings as 'module.exports' };
