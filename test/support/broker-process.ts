/** An embedded broker in a process of its own, for tests that kill it. Prints its port once it listens. */
import { createBroker } from '../../nodes/embedded-broker/broker.ts';

const [dataDir] = process.argv.slice(2);
const broker = await createBroker(
  { port: 0, dataDir },
  { info: () => {}, warn: (text) => console.error(text) },
);
console.log(broker.port);
