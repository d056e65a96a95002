package io.headgate.gateway.config;

import io.headgate.filter.Secret;
import io.headgate.gateway.upstream.EraChoice;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the map of servers, in the shape that every client of MCP writes. */
final class ServersReader {
    /** Two underscores end the server's part of a tool's name: those of a__b would look like those of a. */
    private static final Pattern NAME = Pattern.compile("(?!.*__)[A-Za-z0-9_-]{1,64}");

    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9_.-]{0,64}");
    private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");
    private static final Set<String> HTTP = Set.of("http", "streamable-http", "streamable_http", "streamablehttp");
    private static final List<String> TYPES = List.of("http", "streamable-http", "sse", "stdio");

    private static final List<String> URLS = List.of("url", "serverUrl", "httpUrl");
    /** Goes on where a URL is missing, which is said. */
    private static final URI NO_URL = URI.create("http://0.0.0.0");

    /** Fields that the gateway itself writes. */
    private static final Set<String> OWN_HEADERS = Set.of(
            "host",
            "connection",
            "content-length",
            "content-type",
            "transfer-encoding",
            "upgrade",
            "te",
            "accept",
            "accept-encoding",
            "mcp-session-id",
            "mcp-protocol-version",
            "mcp-method",
            "mcp-name");

    /** Each has connections, lists and meters, so a file that was grown by mistake must not become so many. */
    private static final int MOST_SERVERS = 1_000;

    private final RecordBinder binder;
    private final Problems problems;
    private final Written written;
    private final Map<String, UpstreamConfig> servers = new LinkedHashMap<>();
    private final Map<String, Place> places = new HashMap<>();
    /** Which servers there are, also those that are switched off, and what the names of their tools begin with. */
    private final Map<String, String> prefixes = new LinkedHashMap<>();

    ServersReader(RecordBinder binder, Problems problems, Written written) {
        this.binder = binder;
        this.problems = problems;
        this.written = written;
    }

    /** What was read so far. */
    List<UpstreamConfig> servers() {
        return List.copyOf(servers.values());
    }

    /** The names of all servers, also of those that are switched off, and the prefixes of their tools. */
    Map<String, String> prefixes() {
        return prefixes;
    }

    /** Reads a map of servers behind those before. */
    void read(Value value, String path) {
        if (!(value instanceof Value.Fields named)) {
            problems.add(value.place(), path, RecordBinder.kind(value) + " (expected: names with servers)");
            return;
        }
        int count = prefixes.size() + named.entries().size();
        if (count > MOST_SERVERS) {
            problems.add(value.place(), path, count + " servers (expected: at most " + MOST_SERVERS + ")");
            return;
        }
        named.entries().forEach((name, field) -> {
            String at = RecordBinder.join(path, name);
            if (!NAME.matcher(name).matches()) {
                problems.add(
                        field.place(),
                        at,
                        "no name for a server (expected: 1 to 64 of A-Z a-z 0-9 _ -, and no two _ in a row)");
            }
            Place earlier = isDisabled(field.value()) ? null : places.putIfAbsent(name, field.place());
            if (earlier != null) {
                problems.add(field.place(), at, "a second server of this name (expected: once, as at " + earlier + ")");
            }
            UpstreamConfig server = server(name, field, at);
            prefixes.putIfAbsent(name, prefix(name, field.value()));
            if (server != null) {
                warnOfSamePrefix(server, field, at);
                servers.put(name, server);
                written.put("mcpServers." + name, field.place());
            }
        });
    }

    private static String prefix(String name, Value value) {
        Value.Field field = value instanceof Value.Fields keys ? keys.entries().get("prefix") : null;
        return field != null && field.value() instanceof Value.Text text && !text.isEmpty()
                ? text.written()
                : name + "__";
    }

    private void warnOfSamePrefix(UpstreamConfig server, Value.Field field, String path) {
        for (UpstreamConfig other : servers.values()) {
            if (other.prefix().equals(server.prefix()) && !other.name().equals(server.name())) {
                Value.Field own = ((Value.Fields) field.value()).entries().get("prefix");
                problems.warn(
                        own == null ? field.place() : own.value().place(),
                        RecordBinder.join(path, "prefix"),
                        "that of " + other.name() + " too, so of tools with one name clients see one only"
                                + " (expected: a prefix of its own)");
                return;
            }
        }
    }

    private @Nullable UpstreamConfig server(String name, Value.Field field, String path) {
        if (!(field.value() instanceof Value.Fields keys)) {
            problems.add(
                    field.value().place(),
                    path,
                    RecordBinder.kind(field.value()) + " (expected: a server, as in url: http://...)");
            return null;
        }
        if (isDisabled(keys)) {
            return null;
        }
        int before = problems.count();
        ServerEntry entry = binder.bindLoosely(withoutForeign(keys, path), path, ServerEntry.class);
        UpstreamConfig server = entry == null ? null : server(name, entry, keys, field.place(), path);
        return problems.count() == before ? server : null;
    }

    /** An entry that is switched off may be as broken as it likes. */
    private static boolean isDisabled(Value value) {
        Value.Field disabled =
                value instanceof Value.Fields written ? written.entries().get("disabled") : null;
        return disabled != null
                && disabled.value() instanceof Value.Text text
                && text.written().equals("true");
    }

    private Value.Fields withoutForeign(Value.Fields written, String path) {
        Map<String, Value.Field> known = new LinkedHashMap<>(written.entries());
        for (String key : ServerEntry.FOREIGN) {
            Value.Field dropped = known.remove(key);
            if (dropped != null) {
                problems.warn(dropped.place(), RecordBinder.join(path, key), "not used by a gateway");
            }
        }
        return new Value.Fields(written.place(), known);
    }

    private @Nullable UpstreamConfig server(
            String name, ServerEntry entry, Value.Fields written, Place place, String path) {
        if (!speaksHttp(entry, written, place, path)) {
            return null;
        }
        String urlKey = entry.url() != null ? "url" : entry.serverUrl() != null ? "serverUrl" : "httpUrl";
        URI url = entry.url() != null ? entry.url() : entry.serverUrl() != null ? entry.serverUrl() : entry.httpUrl();
        boolean hasUrl = url != null;
        if (url == null) {
            if (URLS.stream().noneMatch(written.entries()::containsKey)) {
                problems.add(place, path, "no url (expected: url: http://...)");
            }
            url = NO_URL;
        }
        boolean mayBeLinkLocal = Boolean.TRUE.equals(entry.linkLocal());
        String wrong = hasUrl ? wrongWithUrl(url, mayBeLinkLocal) : null;
        if (wrong != null) {
            refuse(written, path, urlKey, wrong);
        }
        if (isSse(entry) && entry.era() == EraChoice.MODERN) {
            refuse(written, path, "era", "modern, but type: sse is of 2024-11-05 (expected: legacy, auto)");
        }
        if (entry.prefix() != null && !PREFIX.matcher(entry.prefix()).matches()) {
            refuse(written, path, "prefix", "no prefix of a name (expected: at most 64 of A-Z a-z 0-9 _ . -)");
        }
        String deadline = entry.deadlineHeader();
        if (deadline != null && (!HEADER.matcher(deadline).matches() || OWN_HEADERS.contains(lower(deadline)))) {
            refuse(written, path, "deadlineHeader", "no free name of a header field (expected: X-Request-Timeout-Ms)");
        }
        Path trust = entry.trust();
        if (trust != null) {
            Value.Field field = Objects.requireNonNull(written.entries().get("trust"));
            boolean unused =
                    PemCheck.certificates(trust, field.value().place(), RecordBinder.join(path, "trust"), problems);
        }
        return new UpstreamConfig(
                name,
                url,
                isSse(entry) ? UpstreamTransport.SSE : UpstreamTransport.HTTP,
                entry.era() == null ? EraChoice.AUTO : entry.era(),
                entry.prefix() != null ? entry.prefix() : name + "__",
                headers(entry, written, path),
                Boolean.TRUE.equals(entry.stateless()),
                Boolean.TRUE.equals(entry.http2()),
                deadline == null ? null : lower(deadline),
                mayBeLinkLocal,
                trust == null ? null : trust.toString(),
                entry.limits() != null ? entry.limits() : UpstreamLimits.DEFAULT);
    }

    private boolean speaksHttp(ServerEntry entry, Value.Fields written, Place place, String path) {
        String type = entry.type() == null ? "" : entry.type().toLowerCase(Locale.ROOT);
        if (type.equals("stdio") || (type.isEmpty() && entry.command() != null)) {
            Value.Field command = written.entries().get("command");
            problems.add(
                    command == null ? place : command.place(),
                    RecordBinder.join(path, "command"),
                    "this version cannot run stdio servers (expected: url, or disabled: true)");
            return false;
        }
        if (!type.isEmpty() && !type.equals("sse") && !HTTP.contains(type)) {
            // As it is written, because what was filled in is not to be shown.
            Value.Field field = Objects.requireNonNull(written.entries().get("type"));
            String shown = RecordBinder.kind(field.value());
            refuse(written, path, "type", shown + Nearest.hint(shown, TYPES));
            return false;
        }
        return true;
    }

    private static boolean isSse(ServerEntry entry) {
        return "sse".equalsIgnoreCase(entry.type());
    }

    private Map<String, String> headers(ServerEntry entry, Value.Fields written, String path) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (entry.headers() == null) {
            return headers;
        }
        entry.headers().forEach((name, secret) -> {
            String wrong = wrongWithHeader(name, secret);
            if (wrong != null) {
                Value.Field all = Objects.requireNonNull(written.entries().get("headers"));
                Value.Field one = ((Value.Fields) all.value()).entries().get(name);
                problems.add(Objects.requireNonNull(one).place(), path + ".headers." + name, wrong);
            }
            headers.put(name, secret.value());
        });
        return headers;
    }

    private void refuse(Value.Fields written, String path, String key, String text) {
        Value.Field field = Objects.requireNonNull(written.entries().get(key));
        problems.add(field.value().place(), RecordBinder.join(path, key), text);
    }

    private static @Nullable String wrongWithHeader(String name, Secret value) {
        if (!HEADER.matcher(name).matches()) {
            return "no name of a header field (expected: a token)";
        }
        if (OWN_HEADERS.contains(lower(name))) {
            return "is written by the gateway (expected: another field)";
        }
        boolean isClean = value.value().chars().allMatch(c -> c == '\t' || (c >= ' ' && c < 127));
        return isClean ? null : "*** (expected: printable ASCII)";
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** Says nothing of the URL itself, because it may hold a secret. */
    private static @Nullable String wrongWithUrl(URI url, boolean mayBeLinkLocal) {
        String scheme = url.getScheme();
        if (!"http".equalsIgnoreCase(scheme) && !"https".equalsIgnoreCase(scheme)) {
            return "no http URL (expected: http://... or https://...)";
        }
        if (url.getRawUserInfo() != null) {
            return "credentials in a URL (expected: headers: {Authorization: ...})";
        }
        if (url.getHost() == null || url.getPort() > 65_535) {
            return "no host or no port in the URL (expected: as in http://127.0.0.1:9001/mcp)";
        }
        if (!mayBeLinkLocal && isLinkLocal(url.getHost())) {
            return "a link-local address, where a cloud keeps credentials (expected: another address, or linkLocal: true)";
        }
        return url.getRawFragment() == null ? null : "a fragment in a URL (expected: none)";
    }

    private static boolean isLinkLocal(String host) {
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(bare);
        try {
            return literal != null && InetAddress.getByAddress(literal).isLinkLocalAddress();
        } catch (UnknownHostException impossible) {
            return false;
        }
    }
}
