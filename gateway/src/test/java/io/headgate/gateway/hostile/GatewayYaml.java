package io.headgate.gateway.hostile;

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
        TIMES.forEach((limit, key) -> time(yaml, limit, "    " + key, Setting.HURRY));
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
        yaml.append("mcpServers:\n");
        yaml.append("  u1: {url: \"").append(firstUrl).append("\", prefix: \"\"}\n");
        yaml.append("  u2: {url: \"").append(secondUrl).append("\"}\n");
        return yaml.toString();
    }

    private void filters(StringBuilder yaml, Path keys, String exportUrl) {
        yaml.append("filters:\n  - identity: {apiKeys: ").append(keys).append("}\n");
        if (!setting.isAudited() && !setting.isLimited()) {
            yaml.append("  - concurrency: {}\n  - breaker: {}\n  - retry: {}\n  - timeout: {}\n");
            return;
        }
        String export = "{export: {url: \"" + exportUrl + "\", timeout: 2s, backoff: 1s}}";
        yaml.append(setting.isAudited() ? "  - audit: " + (setting.isExported() ? export : "{}") + "\n" : "");
        yaml.append(
                setting.isLimited()
                        ? "  - rateLimit: {limits: [{name: principal, per: caller, rate: 10/s, burst: 10, tools: ['*']}]}\n"
                        : "");
        yaml.append("  - timeout: 60s\n");
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
