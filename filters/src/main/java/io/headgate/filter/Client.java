package io.headgate.filter;

import io.headgate.mcp.Extensions;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the sender of a message said about itself.
 *
 * @param protocolVersion the revision of this message
 * @param capabilities what the client declared that it can do, as it was written
 * @param info name and version as the client says; unverified
 * @param logLevel the least level of log messages that it wants, or null for none
 * @param answerable the same capabilities in the words of the newest revision, without what its own has no means for
 */
public record Client(
        String protocolVersion,
        RawJson capabilities,
        @Nullable RawJson info,
        @Nullable String logLevel,
        RawJson answerable) {

    /** What a client may declare; more is no declaration but a load. */
    public static final int MOST_CAPABILITIES = 64 * 1024;

    /** Beyond that only the name and the version are kept; icons may be that large. */
    private static final int MOST_INFO = 16 * 1024;

    private static final List<String> BRIEF = List.of("name", "title", "version", "websiteUrl");

    public Client(String protocolVersion, RawJson capabilities, @Nullable RawJson info, @Nullable String logLevel) {
        this(protocolVersion, capabilities, info, logLevel, Answerable.of(protocolVersion, capabilities));
    }

    /**
     * True for a client of 2026-07-28.
     *
     * <p>It is asked by a result and answers with its next request, repeats arguments in header fields where a tool's schema
     * says so, takes structured content of any type, and knows tasks. A client of an older revision is asked in the middle of a
     * call and takes structured content of objects only.
     */
    public boolean isModern() {
        return ProtocolVersions.MODERN.contains(protocolVersion);
    }

    /** The same for what outlives the message: copied out of it, and of the info no more than is needed to tell clients apart. */
    public Client kept() {
        return new Client(protocolVersion, capabilities.copy(), info == null ? null : briefly(info), logLevel);
    }

    private static RawJson briefly(RawJson info) {
        if (info.length() <= MOST_INFO) {
            return info.copy();
        }
        StringBuilder brief = new StringBuilder("{");
        for (String name : BRIEF) {
            RawJson value = info.get(name);
            if (value != null && value.isString() && value.length() <= MOST_INFO / (2 * BRIEF.size())) {
                brief.append(brief.length() == 1 ? "\"" : ",\"")
                        .append(name)
                        .append("\":")
                        .append(value);
            }
        }
        return RawJson.of(brief.append('}').toString());
    }

    public Client withLogLevel(String level) {
        return new Client(protocolVersion, capabilities, info, level, answerable);
    }

    /** True if it said that it knows an extension of the protocol. */
    public boolean declares(String extension) {
        return Extensions.settings(capabilities, extension) != null;
    }

    /** True if its calls may be answered with a task. */
    public boolean takesTasks() {
        return isModern() && declares(Extensions.TASKS);
    }
}
