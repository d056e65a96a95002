package io.headgate.gateway.route;

import io.headgate.filter.Caller;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.seal.Seal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Gives clients ids of tasks that hold the server and its own id, and opens them again for the same caller only.
 *
 * <p>They do not expire here: a server may keep a task for longer than it said, and it knows best when a task is over.
 */
final class TaskIds {
    private static final Duration LIFE = Duration.ofDays(365_000);

    /** It travels in a header field with each request about the task. */
    private static final int LONGEST = 4_096;

    private final Seal seal;

    TaskIds(Seal seal) {
        this.seal = seal;
    }

    String seal(Caller caller, String server, String id) {
        byte[] name = server.getBytes(StandardCharsets.UTF_8);
        byte[] text = id.getBytes(StandardCharsets.UTF_8);
        byte[] payload = ByteBuffer.allocate(4 + name.length + text.length)
                .putInt(name.length)
                .put(name)
                .put(text)
                .array();
        String sealed = seal.seal(Seal.Kind.TASK, binding(caller), payload, LIFE);
        if (sealed.length() > LONGEST) {
            throw new Refusal(Refusal.Reason.UPSTREAM_TOO_LARGE, "The server's task id is too large");
        }
        return sealed;
    }

    /** The task in its server's own words, or null if the id was not given to this caller. */
    @Nullable
    Target open(Caller caller, String sealed) {
        // The size counts before anything is decrypted.
        if (sealed.length() > LONGEST) {
            return null;
        }
        ByteBuffer payload;
        try {
            payload = ByteBuffer.wrap(seal.open(Seal.Kind.TASK, binding(caller), sealed));
        } catch (Seal.Broken broken) {
            return null;
        }
        byte[] server = new byte[payload.getInt()];
        payload.get(server);
        return new Target(
                new String(server, StandardCharsets.UTF_8),
                Target.Kind.TASK,
                StandardCharsets.UTF_8.decode(payload).toString());
    }

    private static Seal.Binding binding(Caller caller) {
        return new Seal.Binding().add(caller.key());
    }
}
