package io.headgate.filter;

import io.headgate.mcp.Extensions;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
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

    public Client(String protocolVersion, RawJson capabilities, @Nullable RawJson info, @Nullable String logLevel) {
        this(protocolVersion, capabilities, info, logLevel, Answerable.of(protocolVersion, capabilities));
    }

    /** True if it is asked by a result and answers with its next request; else it is asked in the middle of a call. */
    public boolean isAskedByResult() {
        return ProtocolVersions.MODERN.contains(protocolVersion);
    }

    /** True if it repeats arguments in header fields where a tool's schema says so; else the gateway does. */
    public boolean mirrorsArguments() {
        return ProtocolVersions.MODERN.contains(protocolVersion);
    }

    /** True if it takes structured content of any type; else of objects only. */
    public boolean takesAnyStructure() {
        return ProtocolVersions.MODERN.contains(protocolVersion);
    }

    public Client withLogLevel(String level) {
        return new Client(protocolVersion, capabilities, info, level, answerable);
    }

    /** True if it said that it knows an extension of the protocol. */
    public boolean declares(String extension) {
        return Extensions.settings(capabilities, extension) != null;
    }

    /** True if its revision can answer a call with a task. */
    public boolean knowsTasks() {
        return ProtocolVersions.MODERN.contains(protocolVersion);
    }

    /** True if its calls may be answered with a task. */
    public boolean takesTasks() {
        return knowsTasks() && declares(Extensions.TASKS);
    }
}
