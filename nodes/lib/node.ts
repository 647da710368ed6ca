import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { statusOf } from './status.ts';

/** A message on its way through our nodes: the signal convention of `signal.ts` on top of Node-RED's own. */
export type Message = NodeMessageInFlow & Record<string, unknown>;
/** A message a node makes itself has no id yet. */
export type NewMessage = NodeMessage & Record<string, unknown>;
/** Sends one message, or one per output. */
export type Send = (message: NewMessage | (NewMessage | null)[]) => void;

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)));

/**
 * Registers a node type. `setup` runs in the constructor; what it throws (a configuration that cannot be read)
 * becomes a red ring `configuration` and an error that names the field. The node itself exists all the same.
 */
export const defineNode = <Def extends NodeDef, N extends Node = Node>(
  RED: NodeAPI,
  type: string,
  setup: (node: N, def: Def) => void,
  options?: Parameters<NodeAPI['nodes']['registerType']>[2],
): void => {
  function construct(this: N, def: Def): void {
    RED.nodes.createNode(this, def);
    try {
      setup(this, def);
    } catch (cause) {
      statusOf(this).show({ kind: 'lost', text: 'configuration' });
      this.error(asError(cause));
    }
  }
  RED.nodes.registerType(type, construct, options);
};

/** Calls done exactly once per message, with the error when the handler throws or rejects. */
export const onInput = (node: Node, handle: (msg: Message, send: Send) => void | Promise<void>): void => {
  node.on('input', (msg, send, done) => {
    const fail = (cause: unknown): void => done(asError(cause));
    let pending: void | Promise<void>;
    try {
      pending = handle(msg, send);
    } catch (cause) {
      fail(cause);
      return;
    }
    if (pending === undefined) done();
    else pending.then(() => done(), fail);
  });
};

/**
 * A callback outside any message (timer, socket, listener) that reports what it throws, to Catch nodes as well, instead
 * of ending the runtime.
 */
export const guarded =
  <A extends unknown[]>(node: Node, run: (...args: A) => void) =>
  (...args: A): void => {
    try {
      run(...args);
    } catch (cause) {
      // Node-RED shows an error to Catch nodes only where it comes with a message.
      node.error(asError(cause), {});
    }
  };

/** Runs `release` when the node closes, be it for a deploy or for good (`removed`). */
export const onClose = (node: Node, release: (removed: boolean) => void): void => {
  node.on('close', (removed: boolean, done: () => void) => {
    guarded(node, release)(removed); // Node-RED swallows what a close listener throws
    done();
  });
};
