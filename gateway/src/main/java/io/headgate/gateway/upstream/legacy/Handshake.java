package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a server answered to {@code initialize}, on whichever transport. */
record Handshake(
        String version,
        RawJson capabilities,
        @Nullable RawJson serverInfo,
        @Nullable String instructions) {
    /** More is no introduction but a load. */
    private static final int MOST = 256 * 1024;

    /** Of this size are those that are kept for each of thousands of sessions. */
    private static final int MOST_CAPABILITIES = 16 * 1024;

    /** What is needed to speak with the server in a session. */
    Handshake brief() {
        RawJson offers = capabilities.length() > MOST_CAPABILITIES ? RawJson.EMPTY_OBJECT : capabilities;
        return new Handshake(version, offers, null, null);
    }

    int length() {
        return capabilities.length();
    }

    /** Before the server has answered. */
    static Handshake none(String version) {
        return new Handshake(version, RawJson.EMPTY_OBJECT, null, null);
    }

    /** The params of the request. */
    static RawJson params(RawJson declared, RawJson info) {
        Pieces params = new Pieces(8)
                .add("{\"protocolVersion\":\"" + ProtocolVersions.V2025_11_25 + "\",\"capabilities\":")
                .add(declared)
                .add(",\"clientInfo\":")
                .add(info)
                .add("}");
        return RawJson.of(params.toByteArray());
    }

    /** Reads the answer; throws a Refusal if there is no session to be had: that one if the versions have nothing in common. */
    static Handshake read(JsonRpc response, Supplier<Refusal> otherVersion) {
        if (!(response instanceof JsonRpc.Success success)) {
            JsonRpc.Failure failure = (JsonRpc.Failure) response;
            throw new Refusal(
                    Refusal.Reason.UPSTREAM_ERROR,
                    Methods.INITIALIZE + " failed with " + failure.code() + ": " + failure.message());
        }
        String agreed = success.envelope().string(Member.RESULT_PROTOCOL_VERSION);
        if (agreed == null || !ProtocolVersions.LEGACY.contains(agreed)) {
            throw otherVersion.get();
        }
        if (success.result().length() > MOST) {
            throw new Refusal(
                    Refusal.Reason.UPSTREAM_TOO_LARGE, "the upstream says too much of itself in " + Methods.INITIALIZE);
        }
        RawJson info = success.envelope().get(Member.SERVER_INFO);
        RawJson offers = success.envelope().get(Member.RESULT_CAPABILITIES);
        return new Handshake(
                agreed,
                offers == null || !offers.isObject() ? RawJson.EMPTY_OBJECT : offers.copy(),
                info == null ? null : info.copy(),
                success.envelope().string(Member.INSTRUCTIONS));
    }
}
