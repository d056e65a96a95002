package io.headgate.gateway.interop;

import io.headgate.gateway.interop.TableServer.Speaks;
import io.modelcontextprotocol.client.McpClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What passes between which clients and servers, as {@code PROTOCOL.md} shows it: one table for each pair of revisions. */
final class InteropTable {
    /** The checks, each with what the table calls it. */
    static final Map<String, String> FEATURES = features();

    static final TableExceptions EXCEPTIONS = TableExceptions.read();

    private static final String NOTHING = "–";

    private InteropTable() {}

    /** The checks that both can make. */
    static Stream<String> possible(TableClient client, TableServer server) {
        return FEATURES.keySet().stream()
                .filter(check -> !client.lacks().contains(check))
                .filter(check -> !server.lacks(client.era()).contains(check));
    }

    /** What passes if nothing fails but the exceptions, which {@link InteropTableTest} finds out. */
    static String page() {
        StringBuilder page = new StringBuilder(versions());
        for (Era era : List.of(Era.MODERN, Era.LEGACY)) {
            for (Speaks speaks : Speaks.values()) {
                page.append(section(era, speaks));
            }
        }
        page.append("\n");
        List<TableExceptions.Entry> notes = EXCEPTIONS.entries();
        for (int i = 0; i < notes.size(); i++) {
            page.append(i + 1).append(". ").append(notes.get(i).why()).append("\n");
        }
        return page.toString();
    }

    private static String section(Era era, Speaks speaks) {
        List<TableClient> clients =
                Stream.of(TableClient.values()).filter(one -> one.era() == era).toList();
        List<TableServer> servers = Stream.of(TableServer.values())
                .filter(one -> one.speaks() == speaks)
                .toList();
        StringBuilder section = new StringBuilder("\n**")
                .append(era == Era.MODERN ? "Clients of 2026-07-28" : "Clients of older revisions")
                .append(", servers of ")
                .append(speaks.title())
                .append("** (")
                .append(String.join(
                        ", ", servers.stream().map(TableServer::title).toList()))
                .append(")\n\n| |");
        clients.forEach(client -> section.append(' ').append(client.title()).append(" |"));
        section.append("\n|---|").append("---|".repeat(clients.size())).append("\n");
        FEATURES.forEach((check, title) -> {
            List<String> cells =
                    clients.stream().map(client -> cell(client, servers, check)).toList();
            if (!Collections.nCopies(cells.size(), NOTHING).equals(cells)) {
                section.append("| ").append(title).append(" | ");
                section.append(String.join(" | ", cells)).append(" |\n");
            }
        });
        return section.toString();
    }

    private static String cell(TableClient client, List<TableServer> servers, String check) {
        int possible = 0;
        int passed = 0;
        TreeSet<Integer> notes = new TreeSet<>();
        for (TableServer server : servers) {
            if (possible(client, server).anyMatch(check::equals)) {
                int note = EXCEPTIONS.indexOf(client, server, check);
                possible++;
                if (note < 0) {
                    passed++;
                } else {
                    notes.add(1 + note);
                }
            }
        }
        if (possible == 0) {
            return NOTHING;
        }
        String count = passed == possible ? "yes" : passed == 0 ? "no" : passed + " of " + possible;
        List<String> marks = notes.stream().map(note -> "(" + note + ")").toList();
        return marks.isEmpty() ? count : count + " " + String.join(" ", marks);
    }

    private static String versions() {
        return "TypeScript SDK " + npm("@modelcontextprotocol/sdk") + " and " + npm("@modelcontextprotocol/client")
                + ", Python SDK " + Python.MCP_1.version() + " and " + Python.MCP_2.version() + ", FastMCP "
                + Python.FASTMCP.version() + ", Go SDK " + GoPeers.version() + ", Rust SDK " + RustPeers.version()
                + ", Java SDK " + java() + ".\n";
    }

    private static String npm(String name) {
        try {
            JsonNode packages = new JsonMapper().readTree(Files.readString(InteropTools.script("package.json")));
            return packages.path("dependencies").path(name).asString();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String java() {
        Path jar = Path.of(McpClient.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        Matcher version =
                Pattern.compile("mcp-core-(.+)\\.jar").matcher(jar.getFileName().toString());
        if (version.matches()) {
            return version.group(1);
        }
        throw new AssertionError("no version in " + jar);
    }

    private static Map<String, String> features() {
        Map<String, String> features = new LinkedHashMap<>();
        features.put("connect", "handshake or discovery, capabilities");
        features.put("ping", "ping");
        features.put("listTools", "`tools/list`");
        features.put("call", "`tools/call`");
        features.put("callsSideBySide", "20 calls side by side");
        features.put("structured", "structured output");
        features.put("resourceLink", "links to resources");
        features.put("embeddedResource", "embedded resources");
        features.put("toolError", "errors of tools");
        features.put("unknownTool", "unknown tool");
        features.put("progress", "progress");
        features.put("logging", "log messages of a call");
        features.put("cancel", "cancellation");
        features.put("elicitation", "elicitation by form");
        features.put("declinedElicitation", "elicitation that is declined");
        features.put("elicitationByUrl", "elicitation by URL");
        features.put("sampling", "sampling");
        features.put("roots", "roots");
        features.put("rounds", "two questions, one after the other");
        features.put("askedOutside", "questions outside of the call's stream");
        features.put("prompts", "prompts");
        features.put("completion", "completion");
        features.put("resources", "resources");
        features.put("template", "resource templates");
        features.put("unknownResource", "unknown resource");
        features.put("pages", "pagination");
        features.put("listChanged", "`list_changed`");
        features.put("resourceUpdated", "`resources/updated`");
        features.put("resumption", "resumption of a call's stream");
        return Collections.unmodifiableMap(features);
    }
}
