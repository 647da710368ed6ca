import type { RequestHandler } from 'express';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Variables } from './variables.ts';

const script = join(import.meta.dirname, 'backup.ts');
const NO_ROOM = /room|disk is full/;

/**
 * `GET /api/backup`: the file `npm run backup` would make. It is made by a process of its own, with the lowest
 * priority, so that control goes on as if nothing was; one at a time.
 */
export const backupRoute = (variables: Variables): RequestHandler => {
  let busy = false;
  return (_request, response) => {
    if (busy) {
      response.status(429).json({ error: 'a backup is being made; please wait' });
      return;
    }
    busy = true;
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, '-'], {
      env: variables,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-1000);
    });
    child.stdout.once('data', (first: Buffer) => {
      const stamp = new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-');
      response.writeHead(200, {
        'Content-Type': 'application/gzip',
        'Content-Disposition': `attachment; filename="pilot-plant-${stamp}.tar.gz"`,
        'Cache-Control': 'no-store',
      });
      response.write(first);
      child.stdout.pipe(response, { end: false });
    });
    const fail = (): void => {
      // What was sent of it is not whole: the client has to notice.
      if (response.headersSent) response.destroy();
      else {
        const [line = ''] = complaint.split('\n', 1);
        console.error(`Pilot Plant: the backup has failed: ${complaint}`);
        response
          .status(NO_ROOM.test(line) ? 507 : 500)
          .json({ error: line.startsWith('Pilot Plant: ') ? line.slice(13) : 'the backup has failed' });
      }
    };
    // `close` comes after this as well.
    child.once('error', (cause) => {
      complaint = cause.message;
    });
    child.once('close', (code) => {
      busy = false;
      if (code === 0) response.end();
      else fail();
    });
    response.once('close', () => child.kill());
  };
};
