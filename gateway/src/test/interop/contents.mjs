import assert from 'node:assert/strict';
import { SKIPPED, text } from './outcome.mjs';

// What a client expects of the fixture's longer lists and of what its results may contain.

export const UI = 'io.modelcontextprotocol/ui';
const HTML = 'text/html;profile=mcp-app';
const CSP = { connectDomains: ['https://api.example'], resourceDomains: [] };

export const contents = {
  async structured({ peer, name }) {
    const { outputSchema } = await toolNamed(peer, name('structured'));
    assert.equal(outputSchema.type, 'object');
    assert.equal(outputSchema.properties.degrees.type, 'number');
    const result = await peer.callTool(name('structured'), {});
    assert.deepEqual(result.structuredContent, { degrees: 21.5, unit: 'C' });
  },

  // Only the newer revision has structured content that is no object; to older clients it is the member of one.
  async structuredList({ peer, name, era, upstream }) {
    if (upstream !== 'modern') return SKIPPED;
    const { outputSchema } = await toolNamed(peer, name('structured_list'));
    const result = await peer.callTool(name('structured_list'), {});
    if (era === 'modern') {
      assert.equal(outputSchema.type, 'array');
      assert.deepEqual(result.structuredContent, [3, 5, 8]);
    } else {
      assert.equal(outputSchema.type, 'object');
      assert.equal(outputSchema.properties.result.type, 'array');
      assert.deepEqual(result.structuredContent, { result: [3, 5, 8] });
      assert.deepEqual(JSON.parse(text(result)), [3, 5, 8]);
    }
  },

  async resourceLink({ peer, name, uri }) {
    const [link] = (await peer.callTool(name('link'), {})).content;
    assert.equal(link.type, 'resource_link');
    assert.equal(link.uri, uri('test://static-text'));
    const { contents: read } = await peer.client.readResource({ uri: link.uri });
    assert.equal(read[0].text, 'This is the content of the static text resource.');
  },

  async pages({ peer, uri }) {
    const listed = (await peer.listResources()).map(resource => resource.uri);
    const pages = peer.posted.filter(method => method === 'resources/list').length;
    assert.ok(pages > 1, `${pages} page of ${listed.length} resources`);
    assert.equal(new Set(listed).size, listed.length, 'each resource once');
    for (let n = 1; n <= 300; n++) assert.ok(listed.includes(uri(`test://numbered/${n}`)), `number ${n} of 300`);
  },

  async userInterface({ connect, name, uri }) {
    const peer = await connect({ extensions: { [UI]: { mimeTypes: [HTML] } } });
    try {
      const view = uri('ui://clock/view');
      assert.ok(peer.client.getServerCapabilities().extensions?.[UI], 'the extension is offered');
      assert.deepEqual((await toolNamed(peer, name('clock')))._meta?.ui, { resourceUri: view, visibility: ['model', 'app'] });
      const { contents: read } = await peer.client.readResource({ uri: view });
      assert.equal(read[0].uri, view);
      assert.equal(read[0].mimeType, HTML);
      assert.deepEqual(read[0]._meta, { ui: { csp: CSP } });
    } finally {
      await peer.close();
    }
  },

  async noUserInterface({ peer, name }) {
    const tool = await toolNamed(peer, name('clock'));
    assert.equal(JSON.stringify(tool).includes('ui'), false, JSON.stringify(tool));
    assert.equal(text(await peer.callTool(name('clock'), {})), 'noon');
  },
};

async function toolNamed(peer, name) {
  const tools = await peer.listTools();
  const found = tools.find(tool => tool.name === name);
  assert.ok(found, `${name} in ${tools.map(tool => tool.name)}`);
  return found;
}
