package io.headgate.filter;

/** Where exchanges go, for filters that treat each server behind the gateway apart. */
@FunctionalInterface
public interface Routes {
    /** Nowhere in particular: for filters that are tested alone. */
    Routes NONE = exchange -> "";

    /**
     * The name of the server that an exchange goes to, or the empty string if that is none or several.
     *
     * <p>Cheap, but not free: ask once for an exchange. There are never more names than servers in the file.
     */
    String serverOf(Exchange exchange);

    /**
     * What its server says of the tool that an exchange calls; {@link ToolHints#NONE} if it calls none.
     *
     * <p>Servers are not to be believed unless the file says so.
     */
    default ToolHints hintsOf(Exchange exchange) {
        return ToolHints.NONE;
    }
}
