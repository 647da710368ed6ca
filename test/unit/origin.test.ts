import assert from 'node:assert/strict';
import { hostAllowed, sameOrigin } from '../../runtime/origin.ts';

describe('origin', () => {
  const hosts: [string | undefined, boolean][] = [
    ['localhost:1880', true],
    ['127.0.0.1:1880', true],
    ['[::1]:1880', true],
    ['192.168.1.20', true],
    ['pi', true],
    ['PI.local:1880', true],
    ['pi.home.arpa', true],
    ['plant.example.org', true],
    ['Plant.Example.Org.:443', true],
    ['evil.example.org', false],
    ['localhost.evil.com', false],
    ['127.0.0.1.evil.com', false],
    ['local', true],
    ['evil.com', false],
    ['user@localhost', false],
    ['localhost/evil.com', false],
    ['', false],
    [undefined, false],
  ];
  for (const [host, allowed] of hosts)
    it(`${allowed ? 'takes' : 'refuses'} Host ${host}`, () =>
      assert.equal(hostAllowed(host, ['plant.example.org']), allowed));

  const origins: [Record<string, string>, boolean][] = [
    [{ host: 'pi:1880' }, true],
    [{ host: 'pi:1880', origin: 'http://pi:1880' }, true],
    [{ host: 'PI:1880', origin: 'http://pi:1880' }, true],
    [{ host: 'plant.example.org', origin: 'https://plant.example.org' }, true],
    [{ host: 'plant.example.org:443', origin: 'https://plant.example.org' }, true],
    [{ host: 'pi:1880', origin: 'http://pi:3000' }, false],
    [{ host: 'pi:1880', origin: 'http://evil.com' }, false],
    [{ host: 'pi:1880', origin: 'null' }, false],
    [{ host: 'pi:1880', origin: 'file://' }, false],
    [{ origin: 'http://pi:1880' }, false],
    [{ host: 'pi:1880', 'sec-fetch-site': 'same-origin' }, true],
    [{ host: 'pi:1880', 'sec-fetch-site': 'none' }, true],
    [{ host: 'pi:1880', 'sec-fetch-site': 'cross-site' }, false],
    [{ host: 'pi:1880', 'sec-fetch-site': 'same-site' }, false],
  ];
  for (const [headers, same] of origins)
    it(`${same ? 'takes' : 'refuses'} ${JSON.stringify(headers)}`, () =>
      assert.equal(sameOrigin(headers), same));
});
