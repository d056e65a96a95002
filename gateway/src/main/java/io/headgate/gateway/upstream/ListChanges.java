package io.headgate.gateway.upstream;

import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.util.ArrayList;
import java.util.List;

/** The notifications by which a server says that one of its lists has changed. */
public final class ListChanges {
    public static final List<String> ALL =
            List.of(Methods.TOOLS_CHANGED, Methods.PROMPTS_CHANGED, Methods.RESOURCES_CHANGED);

    private ListChanges() {}

    public static boolean isOne(String method) {
        return method.equals(Methods.TOOLS_CHANGED)
                || method.equals(Methods.PROMPTS_CHANGED)
                || method.equals(Methods.RESOURCES_CHANGED);
    }

    /** Those that a server announces. */
    public static List<String> announced(RawJson capabilities) {
        List<String> announced = new ArrayList<>();
        for (String change : ALL) {
            RawJson capability = capabilities.get(capabilityOf(change));
            RawJson says = capability == null ? null : capability.get("listChanged");
            if (says != null && says.isTrue()) {
                announced.add(change);
            }
        }
        return announced;
    }

    /** Those that were missed while the server was not heard: it may be another release of it. */
    public static List<String> missed(RawJson capabilities) {
        List<String> missed = new ArrayList<>();
        for (String change : ALL) {
            if (capabilities.get(capabilityOf(change)) != null) {
                missed.add(change);
            }
        }
        return missed;
    }

    private static String capabilityOf(String change) {
        return switch (change) {
            case Methods.TOOLS_CHANGED -> "tools";
            case Methods.PROMPTS_CHANGED -> "prompts";
            default -> "resources";
        };
    }
}
