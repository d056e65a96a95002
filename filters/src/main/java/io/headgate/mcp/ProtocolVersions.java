package io.headgate.mcp;

import java.util.List;

/** The protocol revisions that exist, newest first. */
public final class ProtocolVersions {
    public static final String V2026_07_28 = "2026-07-28";
    public static final String V2025_11_25 = "2025-11-25";
    public static final String V2025_06_18 = "2025-06-18";
    public static final String V2025_03_26 = "2025-03-26";
    public static final String V2024_11_05 = "2024-11-05";

    /** The revisions without sessions. */
    public static final List<String> MODERN = List.of(V2026_07_28);

    /** The revisions that begin with {@code initialize}. */
    public static final List<String> LEGACY = List.of(V2025_11_25, V2025_06_18, V2025_03_26, V2024_11_05);

    /** Those that one endpoint serves by Streamable HTTP, newest first: what a client may choose from. */
    public static final List<String> SERVED = List.of(V2026_07_28, V2025_11_25, V2025_06_18, V2025_03_26);

    private ProtocolVersions() {}
}
