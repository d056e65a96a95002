package io.headgate.gateway.hostile;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What must be so before a case is sent, one component for each key of {@code prepare}. The section on tests in the module's
 * README.md has what each key does.
 */
record Preparation(
        boolean tls,
        @Nullable RateLimit rateLimit,
        List<Tool> tools,
        Duration echoTakes,
        Map<SessionName, Session> sessions,
        @Nullable Question question,
        List<String> capabilities,
        @Nullable RequestState requestState,
        @Nullable Caller cursor,
        @Nullable Running running,
        int times,
        Clock clock,
        Log log,
        int kills) {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            // A key that is left out is false, or 0.
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /** For cases that need a gateway, its servers, and no more. */
    static final Preparation NONE = of(Map.of());

    Preparation {
        tools = orNone(tools);
        echoTakes = orZero(echoTakes);
        sessions = sessions == null ? Map.of() : Map.copyOf(sessions);
        capabilities = orNone(capabilities);
        clock = Objects.requireNonNullElse(clock, Clock.USUAL);
        log = Objects.requireNonNullElse(log, Log.USUAL);
    }

    /** A caller with a key of its own. */
    enum Caller {
        ALICE("alice", CallerKeys.ALICE),
        BOB("bob", CallerKeys.BOB);

        private final String text;
        private final String key;

        Caller(String text, String key) {
            this.text = text;
            this.key = key;
        }

        String text() {
            return text;
        }

        String key() {
            return key;
        }
    }

    /** A session that cases name; it belongs to one caller. */
    enum SessionName {
        SA(Caller.ALICE),
        SB(Caller.BOB);

        private final Caller owner;

        SessionName(Caller owner) {
            this.owner = owner;
        }

        Caller owner() {
            return owner;
        }
    }

    /** What has become of a session. */
    enum SessionState {
        OPEN,
        MISSING,
        DELETED,
        LOST
    }

    record Session(SessionState is, Duration idle, @Nullable String forgottenBy) {
        static final Session OPEN = new Session(SessionState.OPEN, Duration.ZERO, /* forgottenBy= */ null);

        Session {
            is = Objects.requireNonNullElse(is, SessionState.OPEN);
            idle = orZero(idle);
        }
    }

    record RateLimit(int perHour, int burst) {}

    record Tool(String name, String argument, String type, String header) {
        Tool {
            if (name == null || argument == null || type == null || header == null) {
                throw new IllegalArgumentException("a tool lacks a key (expected: name, argument, type and header)");
            }
        }
    }

    record Question(int id, boolean answered) {}

    record RequestState(String tool, Map<String, @Nullable Object> args, Duration age, boolean olderKey) {
        RequestState {
            tool = Objects.requireNonNullElse(tool, "pay");
            args = Objects.requireNonNullElse(args, Map.of());
            age = orZero(age);
        }
    }

    record Running(
            Caller by,
            @Nullable SessionName session,
            @Nullable Object id,
            String progressToken) {
        Running {
            by = Objects.requireNonNullElse(by, Caller.ALICE);
            progressToken = Objects.requireNonNullElse(progressToken, "t");
        }
    }

    record Clock(boolean stopped, List<Duration> jumps) {
        static final Clock USUAL = new Clock(/* stopped= */ false, List.of());

        Clock {
            jumps = orNone(jumps);
        }
    }

    record Log(
            int bytesLeft, boolean failingSyncs, @Nullable AuditDamage damage, Duration receiverAway) {
        static final Log USUAL = new Log(0, /* failingSyncs= */ false, null, Duration.ZERO);

        Log {
            receiverAway = orZero(receiverAway);
        }

        /** True if its disk has this much room and no more. */
        boolean isOnSmallDisk() {
            return bytesLeft > 0;
        }

        boolean isExported() {
            return !receiverAway.isZero();
        }
    }

    /** The preparation that the keys say; refuses a key that it does not know. */
    static Preparation of(Object keys) {
        try {
            return MAPPER.convertValue(keys, Preparation.class);
        } catch (UnrecognizedPropertyException e) {
            String known = Objects.requireNonNull(e.getKnownPropertyIds()).stream()
                    .map(String::valueOf)
                    .sorted()
                    .collect(Collectors.joining(", "));
            throw new IllegalArgumentException(
                    "unknown key " + e.getPropertyName() + " (expected one of: " + known + ")", e);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(e.getOriginalMessage(), e);
        }
    }

    /** The names of its keys. */
    static List<String> keys() {
        return Arrays.stream(Preparation.class.getRecordComponents())
                .map(component -> component.getName())
                .toList();
    }

    /** The longest time for which a session was not used. */
    Duration idle() {
        return sessions.values().stream()
                .map(Session::idle)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    /** True if a state is sealed with a key that another node has, too. */
    boolean isSealedByOlderKey() {
        return requestState != null && requestState.olderKey();
    }

    /** True if the gateway's time is another one after the case. */
    boolean changesTime() {
        boolean isOld = requestState != null && !requestState.age().isZero();
        return isOld || !idle().isZero() || clock.stopped() || !clock.jumps().isEmpty();
    }

    private static <T> List<T> orNone(@Nullable List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }

    private static Duration orZero(@Nullable Duration duration) {
        return duration == null ? Duration.ZERO : duration;
    }
}
