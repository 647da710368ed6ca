/**
 * Which of the messages that wait are on their way. They are numbered; those sent and not yet acknowledged are a window
 * that moves along (go-back-N): after a lost link, or when an acknowledgement does not come, everything from the
 * oldest one on is sent again, so that the order stays. Times are ms of wall time.
 */
export interface WindowSettings {
  readonly inFlight: number;
  readonly ackMs: number;
  /** 0: as fast as it goes */
  readonly perSecond: number;
}
/** `unknown` after a start, until the link or an acknowledgement tells: one message is tried. */
export type Link = 'unknown' | 'up' | 'down';
export interface Window {
  readonly link: Link;
  /** number of the newest message sent since the link came up; 0: none */
  readonly cursor: number;
  /** when each message on its way was sent, oldest first */
  readonly sent: ReadonlyMap<number, number>;
  /** the earliest time for the next one */
  readonly nextAt: number;
}

export const begin: Window = { link: 'unknown', cursor: 0, sent: new Map(), nextAt: 0 };

/** Everything that is not acknowledged is sent again. */
const rewound = (window: Window): Window => ({ ...window, cursor: 0, sent: new Map() });

export const linked = (window: Window, link: Link): Window =>
  link === window.link ? window : { ...rewound(window), link };

/** A message has arrived; that proves that the link is up. */
export const delivered = (window: Window, seq: number): Window => {
  const sent = new Map(window.sent);
  sent.delete(seq);
  return { ...window, sent, link: window.link === 'unknown' ? 'up' : window.link };
};

/** Gives up waiting for acknowledgements that are overdue. */
export const overdue = (settings: WindowSettings, window: Window, now: number): Window => {
  const [oldest = Infinity] = window.sent.values();
  return now - oldest >= settings.ackMs ? rewound(window) : window;
};

/** Whether the next message may be sent now. */
export const isOpen = ({ inFlight }: WindowSettings, window: Window, now: number): boolean =>
  window.link !== 'down' &&
  window.sent.size < (window.link === 'unknown' ? 1 : inFlight) &&
  now >= window.nextAt;

export const handedOut = (
  { perSecond }: WindowSettings,
  window: Window,
  seq: number,
  now: number,
): Window => ({
  ...window,
  cursor: seq,
  sent: new Map(window.sent).set(seq, now),
  nextAt: perSecond > 0 ? Math.max(window.nextAt, now) + 1000 / perSecond : 0,
});

/** When to look again; undefined where only a message, an acknowledgement or the link can change anything. */
export const nextLook = ({ ackMs }: WindowSettings, window: Window, now: number): number | undefined => {
  const [oldest] = window.sent.values();
  const due = [
    ...(oldest === undefined ? [] : [oldest + ackMs]),
    ...(window.nextAt > now ? [window.nextAt] : []),
  ];
  return due.length === 0 ? undefined : Math.min(...due);
};
