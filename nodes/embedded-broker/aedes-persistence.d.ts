/** The package ships no types where the compiler looks for them; these are the parts we build on. */
declare module 'aedes-persistence/asyncPersistence.js' {
  import type { AedesPublishPacket, Client, Subscription } from 'aedes';

  export default class MemoryPersistence {
    setup(broker: unknown): Promise<void>;
    storeRetained(packet: AedesPublishPacket): Promise<void>;
    addSubscriptions(client: Client, subs: Subscription[]): Promise<void>;
    outgoingEnqueue(sub: { clientId: string }, packet: AedesPublishPacket): Promise<void>;
    outgoingEnqueueCombi(subs: { clientId: string }[], packet: AedesPublishPacket): Promise<void>;
    outgoingUpdate(client: Client, packet: AedesPublishPacket): Promise<void>;
    outgoingClearMessageId(
      client: Client,
      packet: AedesPublishPacket,
    ): Promise<AedesPublishPacket | undefined>;
    putWill(client: Client, packet: AedesPublishPacket): Promise<void>;
    /** At a disconnect `client` is a bare pair of names. */
    delWill(client: { id: string; brokerId?: string }): Promise<AedesPublishPacket | undefined>;
    cleanSubscriptions(client: Client): Promise<unknown>;
    outgoingStream(client: Client): Iterable<AedesPublishPacket> | AsyncIterable<AedesPublishPacket>;
    destroy(): Promise<void>;
  }
}
