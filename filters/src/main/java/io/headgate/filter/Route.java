package io.headgate.filter;

import io.headgate.mcp.RawJson;
import org.jspecify.annotations.Nullable;

/**
 * Where an exchange goes, and what is known of it there.
 *
 * <p>It is found once, before the chain, in the catalogue of that moment. All filters and the router go by it, so a catalogue
 * that changes in the middle of a call changes nothing for that call.
 */
public interface Route {
    /** No server in particular. */
    Route NONE = new Known("", "", "", ToolHints.NONE, null);

    /**
     * The server that the exchange goes to.
     *
     * <p>The empty string if that is none, because no server has what the exchange names, or several, because it names
     * nothing. There are never more names than servers in the file.
     */
    String server();

    /**
     * The tool that the exchange calls, by its name for clients of the whole fleet, whichever door the client chose.
     *
     * <p>The empty string if it calls none, or one that no server has. There are never more names than tools in the catalogue.
     */
    String tool();

    /** What the exchange names, by its own name at the server; the empty string if it names nothing that a server has. */
    String ownName();

    /** What the server says of the tool. Servers are not to be believed unless the file says so. */
    ToolHints hints();

    /** The tool or prompt as the server lists it to clients of this door; null for what is neither, or not listed. */
    @Nullable
    RawJson contract();

    /** A route whose parts are known beforehand. */
    record Known(
            String server,
            String tool,
            String ownName,
            ToolHints hints,
            @Nullable RawJson contract) implements Route {
        /** To a server, and to nothing in particular there. */
        public static Known to(String server) {
            return new Known(server, "", "", ToolHints.NONE, null);
        }
    }
}
