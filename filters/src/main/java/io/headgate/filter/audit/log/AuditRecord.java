package io.headgate.filter.audit.log;

import io.headgate.filter.audit.format.Members;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What happened, without what the log adds. */
public final class AuditRecord {
    public static final String INTENT = "intent";
    public static final String OUTCOME = "outcome";

    /** The member that joins an intent and its outcome; the first one, so that it is found at once. */
    public static final String CALL_ID = "call_id";

    /** What fits a line of 16 KiB with all that the log adds. */
    public static final int MOST_BYTES = 15 * 1024;

    static final String SEGMENT = "segment";
    static final String SEAL = "seal";
    static final String CHECKPOINT = "checkpoint";
    static final String RECOVERY = "recovery";
    static final String DELETION = "deletion";

    /** In the words of the OWASP logging vocabulary. */
    static final String DISABLED = "sys_monitor_disabled";

    static final String ENABLED = "sys_monitor_enabled";

    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long SPACES = 0x2020202020202020L;
    private static final long HIGHEST = 0x8080808080808080L;
    private static final int LONGEST_TYPE = 40;
    private static final Set<String> RESERVED =
            Set.of(SEGMENT, SEAL, CHECKPOINT, RECOVERY, DELETION, DISABLED, ENABLED);

    private final String type;
    private final byte[] members;

    /**
     * @param type {@code intent}, {@code outcome} or a name for what happened; lower-case letters and underscores
     * @param members the JSON members of the record, compact and without the braces: {@code "call_id":"…","args":{…}};
     *     the array is the log's from now on
     */
    public AuditRecord(String type, byte[] members) {
        this.type = type;
        this.members = members;
        boolean isOfACall = type.equals(INTENT) || type.equals(OUTCOME);
        if (!isOfACall && (!isName(type) || RESERVED.contains(type))) {
            throw new IllegalArgumentException("type: " + type + " (expected: a name that the log does not use)");
        }
        if (members.length > MOST_BYTES) {
            throw new IllegalArgumentException(
                    "members: " + members.length + " bytes (expected: <= " + MOST_BYTES + ")");
        }
        // A raw line end would begin a line that nobody vouches for.
        if (hasControl(members)) {
            throw new IllegalArgumentException("members: raw control character (expected: compact JSON)");
        }
    }

    /** Eight bytes at a time: a byte below a space is one that borrows from its highest bit when a space is taken from it. */
    private static boolean hasControl(byte[] bytes) {
        int at = 0;
        for (; at + Long.BYTES <= bytes.length; at += Long.BYTES) {
            long eight = (long) EIGHT.get(bytes, at);
            if (((eight - SPACES) & ~eight & HIGHEST) != 0) {
                return true;
            }
        }
        for (; at < bytes.length; at++) {
            if (bytes[at] >= 0 && bytes[at] < ' ') {
                return true;
            }
        }
        return false;
    }

    public String type() {
        return type;
    }

    byte[] members() {
        return members;
    }

    /** Which call it is about. */
    @Nullable
    String callId() {
        return Members.text(members, 0, members.length, CALL_ID);
    }

    @Nullable
    String traceId() {
        return Members.text(members, 0, members.length, "trace_id");
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static boolean isName(String type) {
        return !type.isEmpty()
                && type.length() <= LONGEST_TYPE
                && type.chars().allMatch(c -> (c >= 'a' && c <= 'z') || c == '_');
    }
}
