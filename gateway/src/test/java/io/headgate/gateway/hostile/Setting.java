package io.headgate.gateway.hostile;

import java.util.Locale;
import java.util.Set;

/**
 * The situation that a case needs: which gateway, in front of which upstreams.
 *
 * @param isHurried true if its clocks run ten times as fast, so that a case that waits for them is quick
 * @param isCrowded true if more clients come than it lets in, while its clocks run as usual, so that all can be there
 * @param isLimited true if each caller may call ten tools, and then ten a second
 * @param isOwn true if no other case may share it, because the case uses up a limit or stops it
 * @param isAudited true if the gateway keeps records of calls, and the case says which
 * @param isOnSmallDisk true if its data lies on a file system that the case fills
 * @param isExported true if its records are sent to a SIEM
 */
record Setting(
        boolean isTls,
        boolean isLegacy,
        boolean isHurried,
        boolean isCrowded,
        boolean isLimited,
        boolean isOwn,
        boolean isAudited,
        boolean isOnSmallDisk,
        boolean isExported) {
    /** How much faster the clocks of a hurried gateway run. */
    static final double HURRY = 0.1;

    private static final Set<String> WAITING_FORMS = Set.of("slow", "connect_only");
    private static final Set<String> WAITING_FRAMES = Set.of("preface_only_then_idle_s", "zero_window");
    private static final Set<String> LIMIT_FORMS =
            Set.of("repeat", "action", "parallel_gen", "churn", "race", "property", "load", "how");

    static Setting of(HostileCase hostile) {
        Form send = hostile.send();
        String given = hostile.given().toLowerCase(Locale.ROOT);
        boolean tls = given.contains("tls listener")
                || send.has("tls")
                || send.text("port").equals("tls");
        String template = send.has("each") ? send.form("each").text("template") : send.text("template");
        boolean legacy =
                hostile.layer().equals("mcp-legacy") || template.equals("legacy_call") || template.equals("initialize");
        boolean waits = send.map().keySet().stream().anyMatch(WAITING_FORMS::contains)
                || send.form("h2").map().keySet().stream().anyMatch(WAITING_FRAMES::contains)
                || given.contains("idle for")
                || hostile.expect().withinSeconds() >= 5;
        boolean limited = given.contains("policy: rate") || given.contains("limits key on");
        boolean own = send.map().keySet().stream().anyMatch(LIMIT_FORMS::contains)
                || given.contains("idle for")
                || send.has("upstream_script");
        boolean crowded = send.form("connect_only").number("connections", 1) > GatewayYaml.FEW_CONNECTIONS;
        boolean audited =
                hostile.layer().equals("audit") || hostile.expect().audit().startsWith("tool_call");
        boolean small = given.startsWith("audit volume");
        boolean exported = given.startsWith("siem");
        boolean alone = own || crowded || small || exported;
        return new Setting(tls, legacy, waits && !crowded, crowded, limited, alone, audited, small, exported);
    }
}
