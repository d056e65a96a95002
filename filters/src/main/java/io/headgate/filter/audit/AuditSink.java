package io.headgate.filter.audit;

import io.headgate.filter.audit.log.AuditLogConfig;
import io.headgate.filter.audit.log.AuditTrouble;
import io.headgate.filter.audit.log.Durability;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the filter needs of a log. */
interface AuditSink {
    /** Takes a record by its type and members, to be written after the next flush; never blocks. The callback comes on the writer's thread, with null or with what went wrong. */
    void append(String type, byte[] members, Durability durability, Consumer<@Nullable AuditTrouble> whenDurable);

    /** Lets all be written that was appended. */
    void flush();

    /** False while nothing can be written. */
    boolean accepts();

    /** The place of the last record that surely stays. */
    long durable();

    /** Is kept by other settings from now on; returns the names of those that take effect at the next start only. */
    List<String> follow(AuditLogConfig config);

    void close();
}
