package io.headgate.filter;

/** Where exchanges go, for filters that treat each server behind the gateway apart. */
@FunctionalInterface
public interface Routes {
    /** Nowhere in particular: for filters that are tested alone. */
    Routes NONE = target -> "";

    /**
     * The name of the server that owns what was named, or the empty string if that is none or several.
     *
     * <p>Cheap, but not free: ask once for an exchange. There are never more names than servers in the file.
     */
    String serverOf(Target target);

    /**
     * The name of a tool as clients of the whole fleet write it, whichever door was chosen; the empty string if there is
     * no such tool. There are never more names than tools in the catalogue.
     */
    default String toolOf(Target target) {
        return target.name();
    }

    /** The name of the server that an exchange goes to, or the empty string if that is none or several. */
    default String serverOf(Exchange exchange) {
        return serverOf(exchange.target());
    }

    /** The name of the tool that an exchange calls; the empty string if it calls none. */
    default String toolOf(Exchange exchange) {
        return toolOf(exchange.target());
    }

    /**
     * What its server says of a tool; {@link ToolHints#NONE} if it is none.
     *
     * <p>Servers are not to be believed unless the file says so.
     */
    default ToolHints hintsOf(Target target) {
        return ToolHints.NONE;
    }
}
