package io.headgate.gateway.route.catalog;

import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a tool says about its user interface (the extension {@code io.modelcontextprotocol/ui}), in either of the two
 * places where it may stand.
 *
 * <p>The gateway changes the interface's URI and nothing else: visibility, and what the resource says of its content
 * security policy and permissions, pass byte for byte. A client that did not declare the extension sees none of it.
 */
final class UserInterface {
    private static final String META = "_meta";
    private static final String UI = "ui";
    private static final String URI = "resourceUri";

    /** Deprecated, and still written beside the other. */
    private static final String FLAT_URI = "ui/resourceUri";

    private UserInterface() {}

    /** The resources that show the tool; the two places may name different ones. */
    static List<String> uris(RawJson tool) {
        RawJson meta = tool.get(META);
        if (meta == null) {
            return List.of();
        }
        RawJson ui = meta.get(UI);
        String uri = ui == null ? null : ui.getString(URI);
        String flat = meta.getString(FLAT_URI);
        List<String> uris = new ArrayList<>(2);
        if (uri != null) {
            uris.add(uri);
        }
        if (flat != null) {
            uris.add(flat);
        }
        return uris;
    }

    static void rename(Namespace namespace, RawJson tool, Splice splice) {
        RawJson meta = tool.get(META);
        if (meta != null) {
            RawJson ui = meta.get(UI);
            StructuralUris.rename(namespace, ui == null ? null : ui.get(URI), splice);
            StructuralUris.rename(namespace, meta.get(FLAT_URI), splice);
        }
    }

    /** The tool for a client without the extension: itself if it has no interface, null if only an interface calls it. */
    static @Nullable RawJson without(RawJson tool) {
        RawJson meta = tool.get(META);
        RawJson ui = meta == null ? null : meta.get(UI);
        RawJson flat = meta == null ? null : meta.get(FLAT_URI);
        if (ui != null && isForInterfacesOnly(ui)) {
            return null;
        }
        Splice splice = new Splice(tool);
        if (ui != null) {
            splice.remove(ui);
        }
        if (flat != null) {
            splice.remove(flat);
        }
        return splice.toJson();
    }

    private static boolean isForInterfacesOnly(RawJson ui) {
        RawJson visibility = ui.get("visibility");
        return visibility != null
                && visibility.isArray()
                && visibility.elements().stream().noneMatch(who -> "model".equals(who.string()));
    }
}
