package io.headgate.gateway.hostile;

import io.headgate.gateway.hostile.Setting.Trait;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes the configuration file of the gateway under test, with the limits that the file of cases names. */
final class GatewayYaml {
    /** How long a session may be idle at a hurried gateway. */
    static final double HURRIED_SESSION_SECONDS = 1;

    /** How many connections a hurried or crowded gateway lets in, so that a test can go beyond without thousands of sockets. */
    static final int FEW_CONNECTIONS = 1_000;

    /** Keys of the gateway's limits by the names that the file of cases has for them. */
    private static final Map<String, String> COUNTS = new LinkedHashMap<>();

    private static final Map<String, String> TIMES = new LinkedHashMap<>();

    static {
        COUNTS.put("request_line", "requestLine");
        COUNTS.put("header_bytes", "headerBytes");
        COUNTS.put("header_count", "headerCount");
        COUNTS.put("authorization_bytes", "authorizationBytes");
        COUNTS.put("body_bytes", "bodyBytes");
        COUNTS.put("body_min_rate_Bps", "bodyMinRate");
        COUNTS.put("pipeline_depth", "pipelineDepth");
        COUNTS.put("h2_streams", "streams");
        COUNTS.put("h2_rst_per_30s", "resetsPer30s");
        COUNTS.put("h2_control_frames_per_s", "controlFramesPerSecond");
        COUNTS.put("stream_buffer_bytes", "streamBufferBytes");
        TIMES.put("header_timeout_s", "headerTimeout");
        TIMES.put("body_timeout_s", "bodyTimeout");
        TIMES.put("keepalive_idle_s", "keepAliveIdle");
        TIMES.put("sse_keepalive_s", "sseKeepAlive");
        TIMES.put("sse_write_stall_s", "sseWriteStall");
    }

    /** How much faster a hurried gateway gives an upstream up; a connection still needs time to be made. */
    static final double HURRIED_UPSTREAM = 0.05;

    private static final double HURRIED_CONNECT = 0.2;
    private static final double HURRIED_CAP = 0.02;

    /** 32 bytes in Base64; the first key seals, and both open. */
    private static final String NEWER_KEY = "    - {id: 2, key: \"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=\"}\n";

    private static final String SEALED_BY_TWO =
            "seal:\n  keys:\n" + NEWER_KEY + "    - {id: 1, key: \"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"}\n";

    private final HostileFile file;
    private final Setting setting;

    GatewayYaml(HostileFile file, Setting setting) {
        this.file = file;
        this.setting = setting;
    }

    String text(String firstUrl, String secondUrl, Path keys, Path data, String exportUrl) {
        StringBuilder yaml = new StringBuilder();
        yaml.append("listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\n");
        if (setting.isAudited()) {
            yaml.append("data: ").append(data).append('\n');
        }
        if (setting.isTls()) {
            yaml.append("tls: {certificate: ").append(TestCertificate.certificate());
            yaml.append(", key: ").append(TestCertificate.key()).append("}\n");
        }
        yaml.append("http:\n  allowedHosts: [").append(file.host()).append("]\n  limits:\n");
        COUNTS.forEach((limit, key) -> count(yaml, limit, "    " + key));
        TIMES.forEach((limit, key) -> time(yaml, limit, "    " + key, hurry(limit)));
        if (setting.isHurried() || setting.isCrowded()) {
            yaml.append("    connections: ").append(FEW_CONNECTIONS).append('\n');
        }
        yaml.append("sessions:\n");
        count(yaml, "sessions", "  max");
        count(yaml, "sessions_per_principal", "  perCaller");
        count(yaml, "subscriptions_per_principal", "  subscriptionsPerCaller");
        double idle = file.limits().decimal("session_idle_s", 1800);
        time(yaml, "session_idle_s", "  idle", HURRIED_SESSION_SECONDS / idle);
        time(yaml, "session_absolute_s", "  absolute", /* hurry= */ 1);
        filters(yaml, keys, exportUrl);
        if (setting.has(Trait.SEALED)) {
            yaml.append(SEALED_BY_TWO);
        }
        if (setting.has(Trait.PAGED)) {
            yaml.append("catalog: {pageSize: 2}\n");
        }
        yaml.append("mcpServers:\n");
        server(yaml, "u1", firstUrl, setting.has(Trait.PREFIXED) ? "" : "    prefix: \"\"\n");
        server(yaml, "u2", secondUrl, "");
        return yaml.toString();
    }

    /** A comment on a silent stream stays as far from what upstreams do as it is with usual clocks. */
    private double hurry(String limit) {
        return limit.equals("sse_keepalive_s") && setting.has(Trait.SCRIPTED) ? HURRIED_CONNECT : Setting.HURRY;
    }

    /** The file of a node that has not heard of the newer key yet. */
    static String before(String yaml) {
        return yaml.replace(NEWER_KEY, "");
    }

    private void server(StringBuilder yaml, String name, String url, String more) {
        yaml.append("  ")
                .append(name)
                .append(":\n    url: \"")
                .append(url)
                .append("\"\n")
                .append(more);
        boolean isFirst = name.equals("u1");
        if (isFirst && setting.has(Trait.UPSTREAM_TLS)) {
            yaml.append("    trust: ").append(TestCertificate.authority()).append('\n');
        }
        if (isFirst && setting.has(Trait.UPSTREAM_H2)) {
            yaml.append("    http2: true\n");
        }
        yaml.append("    limits:\n");
        time(yaml, "upstream_connect_s", "      connectTimeout", HURRIED_CONNECT);
        time(yaml, "upstream_idle_s", "      idleTimeout", HURRIED_UPSTREAM);
        time(yaml, "upstream_hard_cap_s", "      hardCap", HURRIED_CAP);
        count(yaml, "upstream_message_bytes", "      messageBytes");
        count(yaml, "tools_per_upstream", "      tools");
        count(yaml, "tool_bytes", "      toolBytes");
        count(yaml, "catalog_bytes", "      catalogBytes");
        yaml.append("      connectionsPerLoop: 8192\n");
    }

    /** The default chain behind who calls, with the filters that the case is about. */
    private void filters(StringBuilder yaml, Path keys, String exportUrl) {
        yaml.append("filters:\n  - identity: {apiKeys: ").append(keys).append("}\n");
        if (setting.isAudited()) {
            String export = "{export: {url: \"" + exportUrl + "\", timeout: 2s, backoff: 1s}}";
            yaml.append("  - audit: ")
                    .append(setting.isExported() ? export : "{}")
                    .append('\n');
        }
        Preparation.RateLimit rate = setting.rate();
        if (rate != null) {
            yaml.append("  - rateLimit: {limits: [{name: principal, per: caller, rate: ")
                    .append(rate.perHour())
                    .append("/h, burst: ")
                    .append(rate.burst())
                    .append(", tools: ['*']}]}\n");
        }
        yaml.append("  - concurrency: {}\n  - breaker: {}\n  - retry: {}\n  - timeout: {}\n");
    }

    private void count(StringBuilder yaml, String limit, String key) {
        if (file.limits().has(limit)) {
            yaml.append(key).append(": ").append(file.limits().number(limit, 0)).append('\n');
        }
    }

    private void time(StringBuilder yaml, String limit, String key, double hurry) {
        if (file.limits().has(limit)) {
            double seconds = file.limits().decimal(limit, 0) * (setting.isHurried() ? hurry : 1);
            yaml.append(key).append(": ").append(Math.round(seconds * 1000)).append("ms\n");
        }
    }
}
