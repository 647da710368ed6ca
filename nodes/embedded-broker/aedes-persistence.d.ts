/** The package ships no types where the compiler looks for them; these are the parts we build on. */
declare module 'aedes-persistence/asyncPersistence.js' {
  import type { AedesPublishPacket, Client, Subscription } from 'aedes';

  /** aedes gives its clients, and bare names of clients */
  type Named = Pick<Client, 'id'>;

  export default class MemoryPersistence {
    setup(broker: unknown): Promise<void>;
    storeRetained(packet: AedesPublishPacket): Promise<void>;
    addSubscriptions(client: Client, subs: readonly Subscription[]): Promise<void>;
    removeSubscriptions(client: Client, filters: string[]): Promise<void>;
    cleanSubscriptions(client: Named): Promise<unknown>;
    /** one entry for each subscription with QoS 1 or 2 of a session */
    subscriptionsByTopic(topic: string): Promise<{ clientId: string }[]>;
    incomingStorePacket(client: Client, packet: AedesPublishPacket): Promise<void>;
    incomingDelPacket(client: Named, packet: { messageId?: number }): Promise<void>;
    cleanIncoming(client: Named): Promise<void>;
    putWill(client: Client, packet: AedesPublishPacket): Promise<void>;
    /** At a disconnect `client` is a bare pair of names. */
    delWill(client: { id: string; brokerId?: string }): Promise<AedesPublishPacket | undefined>;
    destroy(): Promise<void>;
  }
}
