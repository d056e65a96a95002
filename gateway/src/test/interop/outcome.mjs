import assert from 'node:assert/strict';

// How a check looks at what came back, and says that it has nothing to look at in this pair of eras.

export const SKIPPED = Symbol('skipped');

export function text(result) {
  return result.content
    .filter(content => content.type === 'text')
    .map(content => content.text)
    .join('\n');
}

export async function refused(promise, codes) {
  const outcome = await settled(promise);
  assert.equal(outcome.status, 'rejected', `expected code ${codes} instead of ${JSON.stringify(outcome.value)}`);
  assert.ok(codes.includes(outcome.reason.code), `code ${outcome.reason.code}: ${outcome.reason.message}`);
}

// Some SDK servers answer an unknown tool with a result that says isError, others with a JSON-RPC error.
export async function refusedOrError(promise, codes) {
  const outcome = await settled(promise);
  if (outcome.status === 'fulfilled') {
    assert.equal(outcome.value.isError, true, JSON.stringify(outcome.value));
  } else {
    assert.ok(codes.includes(outcome.reason.code), `code ${outcome.reason.code}: ${outcome.reason.message}`);
  }
}

export async function settled(promise) {
  const [outcome] = await Promise.allSettled([promise]);
  return outcome;
}
