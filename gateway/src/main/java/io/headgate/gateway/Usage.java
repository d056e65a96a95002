package io.headgate.gateway;

import java.util.Map;

/** What the command line says about itself. */
final class Usage {
    private static final String ALL = """
            Headgate: one door in front of a fleet of MCP servers.

              headgate run -c FILE          serve what the file describes
              headgate check -c FILE        say everything that is wrong with the file, or what it would change
              headgate diff FILE FILE       say what changes from one file to another, and what gets looser
              headgate schema               print the JSON Schema of the file, for editors
              headgate demo                 serve two built-in servers, and say what to try
              headgate demo-server          run one of the built-in servers alone
              headgate probe URL            say what a server is and offers
              headgate audit verify DIR     prove an audit log whole and untouched; also tail, search, export
              headgate help [COMMAND]       this, or more about one command
              headgate --version""";

    private static final Map<String, String> VERBS = Map.of(
            "run",
            """
            headgate run -c FILE

            Serves what the file describes until SIGTERM or SIGINT; then calls may finish for shutdown.grace.

              -c, --config FILE    the file""",
            "check",
            """
            headgate check -c FILE [--strict] [--probe]
            headgate check -c FILE [--strict] --against URL [--json]

            Reads the file and all that it names, and says everything that is wrong, and what may be meant but seldom is as
            a warning. Ends with 0 if nothing is wrong, else with 1; with --against as diff does.

              -c, --config FILE    the file
              --strict             takes warnings for errors
              --probe              asks the servers, Redis and the receiver of exported records too
              --against URL        says what the file would change of the gateway with this admin port
              --json               says that as one JSON object""",
            "diff",
            """
            headgate diff FILE FILE [--json]

            Says what changes from the first file to the second, defaults included: servers, filters, all other keys. What
            lets more through than before is marked (looser). A secret is never shown, only that it changes.
            Ends with 0 if nothing changes, with 1 if something does, with 2 if a file is bad.

              --json               says it as one JSON object""",
            "schema",
            """
            headgate schema [keys]

            Prints the JSON Schema of the file (draft-07) for editors; with "keys" that of the file with the keys of callers.
            An editor takes it from the first line of a file: # yaml-language-server: $schema=headgate.schema.json""",
            "demo",
            """
            headgate demo

            Serves two built-in servers on http://127.0.0.1:8080/mcp, with the admin port on 9090.""",
            "demo-server",
            """
            headgate demo-server --listen HOST:PORT [options]

            One MCP server for tests and load.

              --listen HOST:PORT            where to listen; port 0 takes a free one
              --era modern|legacy|both      the revisions that it speaks (both)
              --ledger FILE                 writes a line for each tool call that it executes
              --workers N                   how many work calls run at a time (4)
              --page-size N                 items of a list on one page; 0 puts all on one (0)""",
            "probe",
            """
            headgate probe URL [--header "NAME: VALUE"]

            Asks a server what it is and all that it offers; calls no tool.

              --header "NAME: VALUE"    sent with every request; may be given several times""",
            "audit",
            """
            headgate audit verify DIR [--json] [--key FILE] [--checkpoints FILE]
            headgate audit tail DIR [-n N] [--follow]
            headgate audit search DIR [--type T] [--tool T] [--caller C] [--trace T] [--call C] [--upstream U]
                                      [--since TIME] [--until TIME]
            headgate audit export DIR --format ocsf|json [--after SEQ]

            DIR is where the log lies: audit in the data directory. Verify ends with 0 if nothing is wrong.

              --json                says it as one JSON object
              --key FILE            the public key, from a place that the gateway cannot write
              --checkpoints FILE    the checkpoints, from such a place
              -n N                  how many of the last records (10)
              --follow              goes on with those that come
              --since, --until      2026-11-21T15:00:00Z, or how long ago: 15m, 2h, 3d
              --after SEQ           only what comes behind this record, to go on with an export""");

    private Usage() {}

    /** About one verb, or about all if it is none. */
    static String of(String verb) {
        return VERBS.getOrDefault(verb, ALL);
    }
}
