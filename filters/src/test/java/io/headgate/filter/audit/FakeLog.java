package io.headgate.filter.audit;

import io.headgate.filter.audit.log.AuditLogConfig;
import io.headgate.filter.audit.log.AuditTrouble;
import io.headgate.filter.audit.log.Durability;
import java.nio.charset.StandardCharsets;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A log in memory, whose disk is as fast as a test wants. */
final class FakeLog implements AuditSink {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final Deque<Consumer<@Nullable AuditTrouble>> waiting = new ConcurrentLinkedDeque<>();
    private final List<AuditLogConfig> followed = new CopyOnWriteArrayList<>();
    private int flushes;
    private boolean isHeld;
    private boolean accepts = true;
    private boolean isClosed;

    /** One record with what it was asked for. */
    record Line(String type, Durability durability, JsonNode json, String text) {}

    /** From now on nothing is durable before {@link #commit}. */
    void hold() {
        isHeld = true;
    }

    void accepting(boolean does) {
        accepts = does;
    }

    /** Answers the oldest record that waits. */
    void commit(@Nullable AuditTrouble trouble) {
        waiting.remove().accept(trouble);
    }

    int waiting() {
        return waiting.size();
    }

    List<Line> lines() {
        return lines;
    }

    List<String> types() {
        return lines.stream().map(Line::type).toList();
    }

    JsonNode last() {
        return lines.get(lines.size() - 1).json();
    }

    boolean isClosed() {
        return isClosed;
    }

    @Override
    public void append(
            String type, byte[] members, Durability durability, Consumer<@Nullable AuditTrouble> whenDurable) {
        String text = "{" + new String(members, StandardCharsets.UTF_8) + "}";
        lines.add(new Line(type, durability, JSON.readTree(text), text));
        if (isHeld) {
            waiting.add(whenDurable);
        } else {
            whenDurable.accept(null);
        }
    }

    @Override
    public void flush() {
        flushes++;
    }

    @Override
    public long durable() {
        return lines.size();
    }

    @Override
    public List<String> follow(AuditLogConfig config) {
        followed.add(config);
        return List.of("node");
    }

    /** By which settings it was to be kept, one after another. */
    List<AuditLogConfig> followed() {
        return followed;
    }

    int flushes() {
        return flushes;
    }

    @Override
    public boolean accepts() {
        return accepts;
    }

    @Override
    public void close() {
        isClosed = true;
    }
}
