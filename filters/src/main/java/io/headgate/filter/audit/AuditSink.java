package io.headgate.filter.audit;

import io.headgate.filter.audit.log.AuditTrouble;
import io.headgate.filter.audit.log.Durability;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the filter needs of a log. */
interface AuditSink {
    /** Takes a record by its type and members; never blocks. The callback comes on the writer's thread, with null or with what went wrong. */
    void append(String type, byte[] members, Durability durability, Consumer<@Nullable AuditTrouble> whenDurable);

    /** False while nothing can be written. */
    boolean accepts();

    void close();
}
