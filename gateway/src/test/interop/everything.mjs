import { Server } from 'node:net';
import { args, print } from './args.mjs';

// @modelcontextprotocol/server-everything as it is published, which is made with SDK version 1. Left alone it listens on
// every interface, never tells which port it got, and writes for people on standard output. Prints {"port":…}.

const options = args({ port: '0', transport: 'http' }, 'everything.mjs [--port N] [--transport http|sse]');
const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ...rest) {
  this.once('listening', () => print({ port: this.address().port }));
  return listen.call(this, Number(port), '127.0.0.1', ...rest);
};
console.log = console.error;
process.env.PORT = options.port;
process.argv = [process.argv[0], 'everything', options.transport === 'sse' ? 'sse' : 'streamableHttp'];
await import('@modelcontextprotocol/server-everything/dist/index.js');
