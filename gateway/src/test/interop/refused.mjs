import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { args, print } from './args.mjs';

// The official TypeScript clients in one session: calls tools one after another and tells what each came to. A step is the name
// of a tool; `&` before it: it goes on beside the others, and is told at the end; `~`: called until it is served.

const PATIENCE = 30_000;
const options = args({ version: '2', era: 'modern', steps: '' }, 'refused.mjs URL [--version 1|2] [--era modern|legacy] --steps "TOOL ..."');
const url = new URL(options.url);
const name = { name: 'headgate-refused', version: '1.0.0' };
const isFirst = options.version === '1';
const mode = options.era === 'modern' ? { pin: '2026-07-28' } : options.era;
const client = isFirst ? new ClientV1(name) : new Client(name, { versionNegotiation: { mode } });

function input(tool, beside) {
  if (tool.endsWith('__fail')) return { rate: 1 };
  return tool.endsWith('__sleep') ? { ms: beside ? 3000 : 1 } : { message: 'hello' };
}

async function outcome(tool, beside = false) {
  try {
    await client.callTool({ name: tool, arguments: input(tool, beside) });
    return 'ok';
  } catch (error) {
    return error.code ?? `${error}`;
  }
}

async function served(tool) {
  const end = Date.now() + PATIENCE;
  let last = await outcome(tool);
  while (last !== 'ok' && Date.now() < end) {
    await new Promise(resolve => setTimeout(resolve, 200));
    last = await outcome(tool);
  }
  return last;
}

await client.connect(isFirst ? new TransportV1(url) : new StreamableHTTPClientTransport(url));
const beside = [];
for (const step of options.steps.split(' ')) {
  const tool = step.slice(1);
  if (step[0] === '&') beside.push([step, outcome(tool, true)]);
  else print({ step, outcome: step[0] === '~' ? await served(tool) : await outcome(step) });
}
for (const [step, end] of beside) print({ step, outcome: await end });
await client.close();
process.exit(0);
