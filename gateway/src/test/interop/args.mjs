import { parseArgs } from 'node:util';

// Started by a test, a script ends with the test: nobody else holds the other end of its standard input.
if (process.env.HEADGATE_INTEROP) process.stdin.resume().on('end', () => process.exit(3));

/** Command-line arguments by the given defaults; an unknown option ends the script with status 2. */
export function args(options, usage) {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(options).map(([name, value]) => [name, { type: typeof value, default: value }]),
      ),
    });
    return { ...values, url: positionals[0] };
  } catch (error) {
    console.error(`${error.message}\nusage: ${usage}`);
    process.exit(2);
  }
}

/** One value on one line of standard output, which carries nothing else. */
export function print(value) {
  process.stdout.write(JSON.stringify(value) + '\n');
}
