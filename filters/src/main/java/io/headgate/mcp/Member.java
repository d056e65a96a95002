package io.headgate.mcp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The members of a message that the gateway may need, by where they stand.
 *
 * <p>A message is a request or a response, so the members of {@code params} and those of {@code result} and
 * {@code error} share slots.
 */
public enum Member {
    JSONRPC(Container.ROOT, "jsonrpc", 0),
    ID(Container.ROOT, "id", 1),
    METHOD(Container.ROOT, "method", 2),
    PARAMS(Container.ROOT, "params", 3),
    RESULT(Container.ROOT, "result", 4),
    ERROR(Container.ROOT, "error", 5),

    NAME(Container.PARAMS, "name", 6),
    URI(Container.PARAMS, "uri", 7),
    ARGUMENTS(Container.PARAMS, "arguments", 8),
    CURSOR(Container.PARAMS, "cursor", 9),
    REQUEST_STATE(Container.PARAMS, "requestState", 10),
    INPUT_RESPONSES(Container.PARAMS, "inputResponses", 11),
    PROGRESS_TOKEN(Container.PARAMS, "progressToken", 12),
    REQUEST_ID(Container.PARAMS, "requestId", 13),
    LEVEL(Container.PARAMS, "level", 14),
    LOGGER(Container.PARAMS, "logger", 15),
    REF(Container.PARAMS, "ref", 16),
    NOTIFICATIONS(Container.PARAMS, "notifications", 17),
    TASK_ID(Container.PARAMS, "taskId", 18),
    PROTOCOL_VERSION(Container.PARAMS, "protocolVersion", 19),
    CAPABILITIES(Container.PARAMS, "capabilities", 20),
    CLIENT_INFO(Container.PARAMS, "clientInfo", 21),
    PARAMS_META(Container.PARAMS, "_meta", 22),
    TASK(Container.PARAMS, "task", 34),

    REF_TYPE(Container.REF, "type", 23),
    REF_NAME(Container.REF, "name", 24),
    REF_URI(Container.REF, "uri", 25),

    META_PROGRESS_TOKEN(Container.META, "progressToken", 26),
    META_PROTOCOL_VERSION(Container.META, "io.modelcontextprotocol/protocolVersion", 27),
    META_CLIENT_CAPABILITIES(Container.META, "io.modelcontextprotocol/clientCapabilities", 28),
    META_CLIENT_INFO(Container.META, "io.modelcontextprotocol/clientInfo", 29),
    META_LOG_LEVEL(Container.META, "io.modelcontextprotocol/logLevel", 30),
    META_SUBSCRIPTION_ID(Container.META, "io.modelcontextprotocol/subscriptionId", 31),
    META_TRACEPARENT(Container.META, "traceparent", 32),
    META_TRACESTATE(Container.META, "tracestate", 35),

    RESULT_TYPE(Container.RESULT, "resultType", 6),
    TTL_MS(Container.RESULT, "ttlMs", 7),
    CACHE_SCOPE(Container.RESULT, "cacheScope", 8),
    NEXT_CURSOR(Container.RESULT, "nextCursor", 9),
    RESULT_REQUEST_STATE(Container.RESULT, "requestState", 10),
    INPUT_REQUESTS(Container.RESULT, "inputRequests", 11),
    IS_ERROR(Container.RESULT, "isError", 12),
    CONTENT(Container.RESULT, "content", 13),
    CONTENTS(Container.RESULT, "contents", 14),
    MESSAGES(Container.RESULT, "messages", 15),
    STRUCTURED_CONTENT(Container.RESULT, "structuredContent", 16),
    RESULT_TASK_ID(Container.RESULT, "taskId", 18),
    RESULT_PROTOCOL_VERSION(Container.RESULT, "protocolVersion", 19),
    RESULT_CAPABILITIES(Container.RESULT, "capabilities", 20),
    SERVER_INFO(Container.RESULT, "serverInfo", 21),
    RESULT_META(Container.RESULT, "_meta", 22),
    INSTRUCTIONS(Container.RESULT, "instructions", 23),
    SUPPORTED_VERSIONS(Container.RESULT, "supportedVersions", 24),
    META_SERVER_INFO(Container.META, "io.modelcontextprotocol/serverInfo", 33),

    CODE(Container.ERROR, "code", 6),
    MESSAGE(Container.ERROR, "message", 7),
    DATA(Container.ERROR, "data", 8);

    /** The objects of a message whose members are looked at. */
    enum Container {
        ROOT(0),
        PARAMS(1),
        REF(2),
        META(3),
        RESULT(4),
        ERROR(5),
        OTHER(6);

        private final int index;

        Container(int index) {
            this.index = index;
        }

        /** Whether a stranger's key that differs from a known one only in case is refused here. */
        boolean isStrict() {
            return this == ROOT || this == PARAMS || this == REF || this == META;
        }
    }

    static final int SLOTS = 36;

    private static final Member[][][] BY_CONTAINER_AND_LENGTH = index();

    private final Container container;
    final String key;
    final int slot;

    @SuppressWarnings("ImmutableEnumChecker") // It is written once, here.
    private final byte[] written;

    Member(Container container, String key, int slot) {
        this.container = container;
        this.key = key;
        this.slot = slot;
        this.written = key.getBytes(StandardCharsets.US_ASCII);
    }

    Container container() {
        return container;
    }

    /** The member of a container that is written with these bytes, or null. */
    static @Nullable Member of(Container container, byte[] bytes, int start, int end) {
        Member[][] byLength = BY_CONTAINER_AND_LENGTH[container.index];
        int length = end - start;
        if (length >= byLength.length) {
            return null;
        }
        for (Member member : byLength[length]) {
            if (Arrays.equals(bytes, start, end, member.written, 0, length)) {
                return member;
            }
        }
        return null;
    }

    /** The member of a container that these ASCII bytes spell up to upper and lower case, or null. */
    static @Nullable Member ignoringCase(Container container, byte[] bytes, int start, int end) {
        Member[][] byLength = BY_CONTAINER_AND_LENGTH[container.index];
        int length = end - start;
        if (length >= byLength.length) {
            return null;
        }
        for (Member member : byLength[length]) {
            if (member.isSimilar(bytes, start)) {
                return member;
            }
        }
        return null;
    }

    /** The same of any text: the long s, the Kelvin sign and the dotless i fold to ASCII letters in some parsers. */
    static @Nullable Member ignoringCase(Container container, String key) {
        for (Member[] members : BY_CONTAINER_AND_LENGTH[container.index]) {
            for (Member member : members) {
                if (member.key.equalsIgnoreCase(key)) {
                    return member;
                }
            }
        }
        return null;
    }

    private boolean isSimilar(byte[] bytes, int start) {
        String text = key;
        for (int i = text.length() - 1; i >= 0; i--) {
            int difference = bytes[start + i] ^ text.charAt(i);
            if (difference != 0 && (difference != 0x20 || !Character.isLetter(text.charAt(i)))) {
                return false;
            }
        }
        return true;
    }

    private static Member[][][] index() {
        Container[] containers = Container.values();
        Member[][][] index = new Member[containers.length][][];
        for (Container container : containers) {
            int longest = 0;
            for (Member member : values()) {
                if (member.container == container) {
                    longest = Math.max(longest, member.key.length());
                }
            }
            index[container.index] = new Member[longest + 1][];
            for (int length = 0; length <= longest; length++) {
                int wanted = length;
                index[container.index][length] = Arrays.stream(values())
                        .filter(member -> member.container == container && member.key.length() == wanted)
                        .toArray(Member[]::new);
            }
        }
        return index;
    }
}
