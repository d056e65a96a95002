import { args, print } from './args.mjs';

// A client that watches a resource and every list, and says what it hears: {"listening":true}, {"changed":"tools"},
// {"updated":URI}. When its resource was updated it calls a tool that updates it again, once, and says {"called":true}.

const options = args(
  { sdk: 'v1', transport: 'http', uri: '', trigger: '' },
  'listener.mjs URL --uri URI --trigger TOOL [--sdk v1|v2] [--transport http|sse]',
);
const KINDS = ['tools', 'prompts', 'resources'];
let client;
let called = false;

async function updated(uri) {
  print({ updated: uri });
  if (called) return;
  called = true;
  try {
    await client.callTool({ name: options.trigger, arguments: {} });
    print({ called: true });
  } catch (error) {
    print({ called: false, error: String(error) });
  }
}

async function version1() {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
  const { SSEClientTransport } = await import('@modelcontextprotocol/sdk/client/sse.js');
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
  const types = await import('@modelcontextprotocol/sdk/types.js');
  const schemas = {
    tools: types.ToolListChangedNotificationSchema,
    prompts: types.PromptListChangedNotificationSchema,
    resources: types.ResourceListChangedNotificationSchema,
  };
  client = new Client({ name: 'headgate-interop-listener', version: '1.0.0' }, { capabilities: {} });
  for (const kind of KINDS) client.setNotificationHandler(schemas[kind], () => print({ changed: kind }));
  client.setNotificationHandler(types.ResourceUpdatedNotificationSchema, ({ params }) => updated(params.uri));
  const Transport = options.transport === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport;
  await client.connect(new Transport(new URL(options.url)));
  await client.subscribeResource({ uri: options.uri });
}

async function version2() {
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  client = new Client(
    { name: 'headgate-interop-listener', version: '1.0.0' },
    { capabilities: {}, versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  for (const kind of KINDS) client.setNotificationHandler(`notifications/${kind}/list_changed`, () => print({ changed: kind }));
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => updated(params.uri));
  await client.connect(new StreamableHTTPClientTransport(new URL(options.url)));
  await client.listen({
    toolsListChanged: true,
    promptsListChanged: true,
    resourcesListChanged: true,
    resourceSubscriptions: [options.uri],
  });
}

await (options.sdk === 'v1' ? version1() : version2());
print({ listening: true });
