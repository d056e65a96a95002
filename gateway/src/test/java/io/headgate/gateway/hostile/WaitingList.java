package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The cases whose subject does not exist yet, each with the part of the gateway that it waits for. */
record WaitingList(Map<String, String> partById) {
    /** How a case of another file shows that it waits; the first that fits counts. */
    private static final Map<Pattern, String> SIGNS = signs();

    static WaitingList load() {
        try (InputStream in = HostileFile.resource("waiting.yaml")) {
            Form list = Form.of(HostileFile.yaml(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
            Map<String, String> parts = new LinkedHashMap<>();
            list.map().keySet().forEach(id -> parts.put(id, list.text(id)));
            return new WaitingList(parts);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a case waits for, or null if it runs. Our own file is judged by its ids alone, so that none slips away. */
    @Nullable
    String partFor(HostileCase hostile, HostileFile file) {
        if (file.isOwn()) {
            return partById.get(hostile.id());
        }
        String words = words(hostile);
        for (Map.Entry<Pattern, String> sign : SIGNS.entrySet()) {
            if (sign.getKey().matcher(words).find()) {
                return sign.getValue();
            }
        }
        return null;
    }

    /** The case in one line: each part of it after its name. */
    private static String words(HostileCase hostile) {
        MetricExpectation metric = hostile.expect().metric();
        return "given=" + hostile.given() + "\nhttp=" + hostile.expect().http() + "\nrpc="
                + hostile.expect().rpcText() + "\nmetric=" + metric + "\nsend="
                + hostile.send().map();
    }

    private static Map<Pattern, String> signs() {
        Map<Pattern, String> signs = new LinkedHashMap<>();
        signs.put(
                Pattern.compile("(?m)^metric=headgate_auth_(?!rejected_total\\{reason=(missing|malformed|unknown)})"
                        + "|^send=.*\\btoken=(?!<(fresh jti, same sub|new)>)"),
                "tokens");
        signs.put(Pattern.compile("(?m)^rpc=(POLICY_DENIED|TOOL_QUARANTINED)"), "access");
        signs.put(Pattern.compile("(?m)^given=.*(policy(?!: rate)|may not|hides)"), "access");
        signs.put(Pattern.compile("(?m)^metric=.*reason=schema\\b"), "schema");
        signs.put(Pattern.compile("(?m)^metric=headgate_cache|after \\d+ min[^)]*$"), "cache");
        // Ids of requests that stand alone are not compared with each other.
        signs.put(Pattern.compile("(?m)^metric=headgate_duplicate_inflight_ids"), "ids of modern requests in flight");
        signs.put(Pattern.compile("(?m)^given=.*strict_ids"), "strictIds");
        signs.put(
                Pattern.compile("(?m)^given=.*(single_use_state|rotation|issued \\d+ min ago)"),
                "requestState options");
        signs.put(Pattern.compile("(?m)^given=.*gzip enabled|brotli"), "request decompression");
        signs.put(Pattern.compile("(?m)^send=.*h2spec"), "h2spec");
        signs.put(Pattern.compile("(?m)^send=.*blackhole_client"), "a packet filter");
        signs.put(Pattern.compile("(?m)^given=.*[\\d,]{6,} subscriptions"), "many subscribers");
        return signs;
    }
}
