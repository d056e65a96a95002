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
     * The name of the tool that an exchange calls, as clients of the whole fleet write it, whichever door this client
     * chose; the empty string if there is no such tool. There are never more names than tools in the catalogue.
     */
    default String toolOf(Exchange exchange) {
        return exchange.target().name();
    }

    /**
     * What its server says of the tool that an exchange calls; {@link ToolHints#NONE} if it calls none.
     *
     * <p>Servers are not to be believed unless the file says so.
     */
    default ToolHints hintsOf(Exchange exchange) {
        return ToolHints.NONE;
    }
}
